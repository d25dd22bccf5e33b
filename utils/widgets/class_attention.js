// The table of maps and the enlarged one are drawn here, without the kernel: it sends photographs and weights once, and
// hears late (after LATE milliseconds without a change) what was selected.

const LATE = 150;
const GLOW = [255, 176, 0]; // the colour of attention
const DARK = 0.45; // brightness of the grey photograph beneath it
const STRENGTH = 0.9; // opacity of the largest weight

const TEMPLATE = `
  <fieldset>
    <legend class="label">Photograph</legend>
    <div class="choices"></div>
  </fieldset>
  <div class="main">
    <div class="detail">
      <h3></h3>
      <div class="picture"><canvas role="img"></canvas></div>
      <p class="note"></p>
    </div>
    <div class="table" tabindex="0" role="application" aria-roledescription="table of attention maps"
         data-lm-suppress-shortcuts="true"></div>
  </div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("class-attention");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const table = find(".table");
  const { height, width, rows, columns, depth, heads } = model.get("_sizes");
  const tokens = rows * columns + 1;
  const view = model.get("_weights");
  const weights = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const photos = model.get("_photos").map((photo, n) => ({ ...photo, ...unpack(model.get("_pixels"), n, height, width) }));

  const state = { photo: model.get("photo"), layer: model.get("layer"), head: model.get("head") };
  const index = () => photos.findIndex(({ name }) => name === state.photo);

  // What the class token gives to each token: itself first, then the patches.
  function attention(layer, head) {
    const row = (index() * depth + layer) * heads + head;
    return weights.subarray(row * tokens, (row + 1) * tokens);
  }

  table.style.maxWidth = `${heads * 96 + 60}px`;
  table.style.gridTemplateColumns = `auto repeat(${heads}, minmax(0, 1fr))`;
  table.innerHTML =
    `<span></span>${range(heads).map((head) => `<span class="name">head ${head}</span>`).join("")}` +
    range(depth)
      .map(
        (layer) =>
          `<span class="name row">layer ${layer}</span>` +
          range(heads).map((head) => `<div class="cell" data-at="${layer},${head}"><canvas></canvas></div>`).join(""),
      )
      .join("");
  const cells = [...table.querySelectorAll(".cell")];
  for (const box of [find(".picture"), ...cells]) box.style.aspectRatio = `${width} / ${height}`;

  // Drawing
  function drawMap(canvas, layer, head) {
    const box = canvas.parentElement;
    const ratio = window.devicePixelRatio;
    [canvas.width, canvas.height] = [box.clientWidth, box.clientHeight].map((v) => Math.round(v * ratio));
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = width > 2 * canvas.width;
    context.drawImage(photos[index()].grey, 0, 0, canvas.width, canvas.height);
    const onPatches = attention(layer, head).subarray(1);
    const top = Math.max(...onPatches);
    onPatches.forEach((weight, k) => {
      const [row, column] = [Math.floor(k / columns), k % columns];
      const [left, right] = [column, column + 1].map((c) => Math.round((c * canvas.width) / columns));
      const [upper, lower] = [row, row + 1].map((r) => Math.round((r * canvas.height) / rows));
      context.fillStyle = `rgb(${GLOW.join(" ")} / ${top > 0 ? (STRENGTH * weight) / top : 0})`;
      context.fillRect(left, upper, right - left, lower - upper);
    });
  }

  function drawAll() {
    if (!table.clientWidth) return; // not on the page yet
    cells.forEach((cell, n) => drawMap(cell.firstElementChild, Math.floor(n / heads), n % heads));
    find(`.choices input[value="${state.photo}"]`).checked = true;
    table.setAttribute(
      "aria-label",
      `Attention of the class token on a photograph of ${photos[index()].alt}: ${depth} layers and ${heads} heads. ` +
        "Left and right arrow keys choose the head, up and down the layer.",
    );
    drawChosen();
  }

  function drawChosen() {
    cells.forEach((cell, n) => cell.classList.toggle("chosen", n === state.layer * heads + state.head));
    drawMap(find(".picture canvas"), state.layer, state.head);
    find("h3").textContent = `Layer ${state.layer}, head ${state.head}`;
    const all = attention(state.layer, state.head);
    find(".note").innerHTML = `largest ${percent(Math.max(...all.subarray(1)))}<br>on itself ${percent(all[0])}`;
    find(".picture canvas").setAttribute("aria-label", describe());
  }

  function describe() {
    const all = attention(state.layer, state.head);
    const onPatches = all.subarray(1);
    const top = Math.max(...onPatches);
    const k = onPatches.indexOf(top);
    return (
      `layer ${state.layer}, head ${state.head}: the class token looks most at row ${Math.floor(k / columns)}, ` +
      `column ${k % columns}, with ${percent(top)}, and at itself with ${percent(all[0])}`
    );
  }

  // What the learner does
  let timer = null;
  const say = () => (find(".spoken").textContent = describe());
  function change(update) {
    Object.assign(state, update);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    say();
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set(state);
    model.save_changes();
  }
  function select(layer, head) {
    if (layer === state.layer && head === state.head) return;
    change({ layer, head });
    drawChosen();
  }

  find(".choices").innerHTML = photos
    .map(
      ({ name, alt }) =>
        `<label title="${name}"><input type="radio" value="${name}" aria-label="${name}: ${alt}"
           data-lm-suppress-shortcuts="true"><canvas></canvas><span class="underline"></span></label>`,
    )
    .join("");
  const group = `photo-${Math.random().toString(36).slice(2)}`;
  el.querySelectorAll(".choices input").forEach((input, n) => {
    input.name = group;
    input.addEventListener("change", () => {
      change({ photo: input.value });
      drawAll();
      say();
    });
    const thumbnail = input.nextElementSibling;
    [thumbnail.width, thumbnail.height] = [88, 88];
    const context = thumbnail.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(photos[n].canvas, 0, 0, 88, 88);
  });
  table.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) select(...cell.dataset.at.split(",").map(Number));
  });
  table.addEventListener("focus", say);
  table.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { layer, head } = state;
    const targets = {
      ArrowLeft: [layer, head - 1],
      ArrowRight: [layer, head + 1],
      ArrowUp: [layer - 1, head],
      ArrowDown: [layer + 1, head],
      Home: [0, 0],
      End: [depth - 1, heads - 1],
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    const [l, h] = targets[event.key];
    select(clamp(l, 0, depth - 1), clamp(h, 0, heads - 1));
  });

  // What the kernel or another view of this widget does
  const follow = ["photo", "layer", "head"].map((key) => {
    const update = () => {
      if (state[key] === model.get(key)) return;
      state[key] = model.get(key);
      drawAll();
    };
    model.on(`change:${key}`, update);
    return () => model.off(`change:${key}`, update);
  });
  let widths = "";
  const observer = new ResizeObserver(() => {
    const now = `${table.clientWidth} ${find(".picture").clientWidth}`;
    if (now !== widths) drawAll();
    widths = now;
  });
  observer.observe(table);
  observer.observe(find(".picture"));

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const range = (length) => Array.from({ length }, (_, n) => n);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

// Photograph n out of the bytes of all, as two canvases to draw from: in colour, and dark and grey.
function unpack(view, n, height, width) {
  const size = height * width;
  const pixels = new Uint8Array(view.buffer, view.byteOffset + n * size * 3, size * 3);
  const [canvas, grey] = range(2).map((version) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const image = new ImageData(width, height);
    for (let k = 0; k < size; k++) {
      const rgb = pixels.subarray(3 * k, 3 * k + 3);
      const level = (DARK * (rgb[0] + rgb[1] + rgb[2])) / 3;
      image.data.set(version === 0 ? rgb : [level, level, level], 4 * k);
      image.data[4 * k + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  });
  return { canvas, grey };
}

export default { render };
