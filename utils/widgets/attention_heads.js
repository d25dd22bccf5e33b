// The photograph and the map of each head are drawn here, without the kernel: it sends photographs and weights once,
// and hears late (after LATE milliseconds without a change) what was selected.

const LATE = 150;
const GLOW = [255, 176, 0]; // the colour of attention
const DARK = 0.45; // brightness of the grey photograph beneath it
const STRENGTH = 0.9; // opacity of the largest weight

const TEMPLATE = `
  <div class="controls">
    <fieldset>
      <legend class="label">Photograph</legend>
      <div class="choices"></div>
    </fieldset>
    <div class="size">
      <span class="label">Layer <b></b></span>
      <input type="range" min="0" step="1" aria-label="Layer" data-lm-suppress-shortcuts="true">
      <div class="ticks" aria-hidden="true"></div>
    </div>
  </div>
  <div class="panels"></div>
  <div class="spoken" aria-live="polite"></div>`;

const PANEL = `<h3></h3><div class="picture"><canvas></canvas><div class="mark"></div></div><p></p>`;

function render({ model, el }) {
  el.classList.add("attention-heads");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const slider = find(".size input");
  const { height, width, rows, columns, depth, heads, tokens } = model.get("_sizes");
  const before = tokens - rows * columns; // tokens in front of the patches
  const weights = model.get("_weights");
  const view = model.get("_largest");
  const largest = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const photos = model.get("_photos").map((photo, n) => ({ ...photo, ...unpack(model.get("_pixels"), n, height, width) }));

  const state = { photo: model.get("photo"), layer: model.get("layer"), patch: model.get("patch") };
  let hovered = null; // index of the patch under the pointer
  const index = () => photos.findIndex(({ name }) => name === state.photo);
  const query = () => hovered ?? state.patch;
  const place = (i) => ({ row: Math.floor(i / columns), column: i % columns });

  // What a head does with a query: its weight on each token.
  function attention(head, i) {
    const row = ((index() * depth + state.layer) * heads + head) * tokens + before + i;
    const bytes = new Uint8Array(weights.buffer, weights.byteOffset + row * tokens, tokens);
    return Array.from(bytes, (byte) => (byte / 255) * largest[row]);
  }

  find(".panels").innerHTML = range(heads + 1).map(() => `<div class="panel">${PANEL}</div>`).join("");
  const panels = [...el.querySelectorAll(".panel")].map((panel) => ({
    title: panel.querySelector("h3"),
    picture: panel.querySelector(".picture"),
    canvas: panel.querySelector("canvas"),
    mark: panel.querySelector(".mark"),
    note: panel.querySelector("p"),
  }));
  const main = panels[0].picture;
  main.tabIndex = 0;
  main.setAttribute("role", "application");
  main.setAttribute("aria-roledescription", "patch grid");
  main.dataset.lmSuppressShortcuts = "true";
  for (const { picture } of panels) picture.style.aspectRatio = `${width} / ${height}`;

  // Drawing
  function drawAll() {
    if (!main.clientWidth) return; // not on the page yet
    const ratio = window.devicePixelRatio;
    panels.forEach(({ picture, canvas }, n) => {
      [canvas.width, canvas.height] = [picture.clientWidth, picture.clientHeight].map((v) => Math.round(v * ratio));
      canvas.setAttribute("role", "img");
      if (n === 0) drawPhoto(canvas, photos[index()].canvas);
    });
    slider.value = state.layer;
    slider.setAttribute("aria-valuetext", `layer ${state.layer}, of 0 to ${depth - 1}`);
    find(".size b").textContent = state.layer;
    [...find(".ticks").children].forEach((tick, n) => tick.classList.toggle("now", n === state.layer));
    find(`.choices input[value="${state.photo}"]`).checked = true;
    main.setAttribute(
      "aria-label",
      `Photograph of ${photos[index()].alt}, cut into ${rows} by ${columns} patches. ` +
        "Arrow keys move the query, Home and End go to the first and the last patch.",
    );
    drawQuery();
  }

  function drawPhoto(canvas, photo) {
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = photo.width > 2 * canvas.width;
    context.drawImage(photo, 0, 0, canvas.width, canvas.height);
  }

  function drawQuery() {
    const i = query();
    const { row, column } = place(i);
    panels.forEach(({ mark, title, note, canvas }, n) => {
      mark.style.left = `${(100 * column) / columns}%`;
      mark.style.top = `${(100 * row) / rows}%`;
      mark.style.width = `${100 / columns}%`;
      mark.style.height = `${100 / rows}%`;
      mark.classList.toggle("hover", hovered !== null);
      if (n === 0) {
        title.textContent = `Query: patch ${i}`;
        note.innerHTML = `row ${row}, column ${column}`;
        return;
      }
      const all = attention(n - 1, i);
      const top = Math.max(...all.slice(before));
      drawPhoto(canvas, photos[index()].grey);
      drawGlow(canvas, all.slice(before), top);
      title.textContent = `Head ${n - 1}`;
      const first = all.slice(0, before).reduce((sum, weight) => sum + weight, 0);
      note.innerHTML = `largest ${percent(top)}` + (before ? `<br>class token ${percent(first)}` : "");
      canvas.setAttribute("aria-label", describe(n - 1));
    });
  }

  function drawGlow(canvas, onPatches, top) {
    const context = canvas.getContext("2d");
    onPatches.forEach((weight, k) => {
      const { row, column } = place(k);
      const [left, right] = [column, column + 1].map((c) => Math.round((c * canvas.width) / columns));
      const [upper, lower] = [row, row + 1].map((r) => Math.round((r * canvas.height) / rows));
      context.fillStyle = `rgb(${GLOW.join(" ")} / ${top > 0 ? (STRENGTH * weight) / top : 0})`;
      context.fillRect(left, upper, right - left, lower - upper);
    });
  }

  function describe(head) {
    const onPatches = attention(head, query()).slice(before);
    const top = Math.max(...onPatches);
    const { row, column } = place(onPatches.indexOf(top));
    return `head ${head} looks most at row ${row}, column ${column}, with ${percent(top)}`;
  }

  // What the learner does
  let timer = null;
  function say() {
    const { row, column } = place(state.patch);
    const each = range(heads).map(describe).join("; ");
    find(".spoken").textContent = `layer ${state.layer}, query in row ${row}, column ${column}: ${each}`;
  }
  function change(update) {
    Object.assign(state, update);
    hovered = null;
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
  function select(i) {
    if (i !== state.patch) change({ patch: i });
    drawQuery();
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
    });
    const thumbnail = input.nextElementSibling;
    [thumbnail.width, thumbnail.height] = [88, 88];
    const context = thumbnail.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(photos[n].canvas, 0, 0, 88, 88);
  });
  slider.max = depth - 1;
  slider.addEventListener("input", () => {
    change({ layer: Number(slider.value) });
    drawAll();
  });
  find(".ticks").innerHTML = range(depth).map((layer) => `<span>${layer}</span>`).join("");

  for (const { picture } of panels) {
    const at = (event) => {
      const box = picture.getBoundingClientRect();
      const column = clamp(Math.floor(((event.clientX - box.left) / box.width) * columns), 0, columns - 1);
      const row = clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), 0, rows - 1);
      return row * columns + column;
    };
    picture.addEventListener("pointermove", (event) => {
      const i = at(event);
      if (i === hovered) return;
      if (event.buttons) change({ patch: i });
      hovered = i;
      drawQuery();
    });
    picture.addEventListener("pointerdown", (event) => select(at(event)));
    for (const end of ["pointerleave", "pointercancel"]) {
      picture.addEventListener(end, () => {
        hovered = null;
        drawQuery();
      });
    }
  }
  main.addEventListener("focus", say);
  main.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { row, column } = place(state.patch);
    const targets = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [0, 0],
      End: [rows - 1, columns - 1],
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    const [r, c] = targets[event.key];
    select(clamp(r, 0, rows - 1) * columns + clamp(c, 0, columns - 1));
  });

  // What the kernel or another view of this widget does
  const follow = ["photo", "layer", "patch"].map((key) => {
    const update = () => {
      if (state[key] === model.get(key)) return;
      state[key] = model.get(key);
      hovered = null;
      drawAll();
    };
    model.on(`change:${key}`, update);
    return () => model.off(`change:${key}`, update);
  });
  let drawn = 0;
  const observer = new ResizeObserver(() => {
    if (main.clientWidth !== drawn) drawAll();
    drawn = main.clientWidth;
  });
  observer.observe(main);

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
  const [canvas, grey] = range(2).map((_, version) => {
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
