// The photograph and one map are drawn here, without the kernel: it sends photographs and weights once, and hears late
// (after LATE milliseconds without a change) what was selected. Rollout is computed here as well.

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
    <fieldset class="which">
      <legend class="label">Head</legend>
      <div class="heads"></div>
    </fieldset>
    <div class="switch">
      <span class="label">Over the layers</span>
      <label><input type="checkbox" data-lm-suppress-shortcuts="true"> rollout</label>
      <button type="button" data-lm-suppress-shortcuts="true">class token</button>
    </div>
  </div>
  <div class="panels"></div>
  <div class="spoken" aria-live="polite"></div>`;

const PANEL = `<h3></h3><div class="picture"><canvas role="img"></canvas><div class="mark"></div></div><p></p>`;

function render({ model, el }) {
  el.classList.add("attention-heads", "attention-explorer");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const [slider, rolling, classButton] = [find(".size input"), find(".switch input"), find(".switch button")];
  const { height, width, rows, columns, depth, heads } = model.get("_sizes");
  const tokens = rows * columns + 1;
  const bytes = model.get("_weights");
  const view = model.get("_largest");
  const largest = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  const photos = model.get("_photos").map((photo, n) => ({ ...photo, ...unpack(model.get("_pixels"), n, height, width) }));

  const KEYS = ["photo", "layer", "head", "patch", "rollout"];
  const state = Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  let hovered = null; // index of the patch under the pointer
  const index = () => photos.findIndex(({ name }) => name === state.photo);
  const query = () => hovered ?? state.patch; // null: the class token
  const token = () => (query() === null ? 0 : 1 + query());
  const place = (i) => ({ row: Math.floor(i / columns), column: i % columns });

  // Add factor times what a head does with a query, its weight on each token, to a sum.
  function addAttention(sum, factor, layer, head, i) {
    const row = ((index() * depth + layer) * heads + head) * tokens + i;
    const roots = new Uint8Array(bytes.buffer, bytes.byteOffset + row * tokens, tokens);
    const scale = (factor * largest[row]) / 255 ** 2;
    for (let k = 0; k < tokens; k++) sum[k] += scale * roots[k] * roots[k];
  }

  // What is shown: how much the query gives to each token, or is made of it.
  function shown() {
    const sum = new Float64Array(tokens);
    if (!state.rollout) {
      if (state.head === "mean") range(heads).forEach((head) => addAttention(sum, 1 / heads, state.layer, head, token()));
      else addAttention(sum, 1, state.layer, state.head, token());
      return sum;
    }
    let shares = sum; // a row of the product, from the last layer down to the first
    shares[token()] = 1;
    for (let layer = state.layer; layer >= 0; layer--) {
      const next = shares.map((share) => share / 2);
      shares.forEach((share, i) => {
        if (share > 1e-7) range(heads).forEach((head) => addAttention(next, share / 2 / heads, layer, head, i));
      });
      shares = next;
    }
    return shares;
  }

  find(".panels").innerHTML = range(2).map(() => `<div class="panel">${PANEL}</div>`).join("");
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
    panels.forEach(({ picture, canvas }) => {
      [canvas.width, canvas.height] = [picture.clientWidth, picture.clientHeight].map((v) => Math.round(v * ratio));
    });
    drawPhoto(panels[0].canvas, photos[index()].canvas);
    slider.value = state.layer;
    slider.setAttribute("aria-valuetext", `layer ${state.layer}, of 0 to ${depth - 1}`);
    find(".size b").textContent = state.layer;
    [...find(".ticks").children].forEach((tick, n) => tick.classList.toggle("now", n === state.layer));
    find(`.choices input[value="${state.photo}"]`).checked = true;
    find(`.heads input[value="${state.head}"]`).checked = true;
    find(".which").disabled = state.rollout;
    rolling.checked = state.rollout;
    main.setAttribute(
      "aria-label",
      `Photograph of ${photos[index()].alt}, cut into ${rows} by ${columns} patches. ` +
        "Arrow keys move the query, Home and End go to the first and the last patch, C takes the class token.",
    );
    drawQuery();
  }

  function drawPhoto(canvas, photo) {
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = photo.width > 2 * canvas.width;
    context.drawImage(photo, 0, 0, canvas.width, canvas.height);
  }

  const kind = () =>
    state.rollout
      ? `Rollout, layers 0 to ${state.layer}`
      : `Layer ${state.layer}, ${state.head === "mean" ? "mean of heads" : `head ${state.head}`}`;

  function drawQuery() {
    const i = query();
    const { row, column } = place(i ?? 0);
    panels.forEach(({ mark }) => {
      mark.style.display = i === null ? "none" : "";
      mark.style.left = `${(100 * column) / columns}%`;
      mark.style.top = `${(100 * row) / rows}%`;
      mark.style.width = `${100 / columns}%`;
      mark.style.height = `${100 / rows}%`;
      mark.classList.toggle("hover", hovered !== null);
    });
    panels[0].title.textContent = i === null ? "Query: class token" : `Query: patch ${i}`;
    panels[0].note.textContent = i === null ? "click a patch to make it the query" : `row ${row}, column ${column}`;
    panels[0].canvas.setAttribute("aria-label", photos[index()].alt);
    classButton.setAttribute("aria-pressed", state.patch === null);
    const all = shown();
    const onPatches = all.subarray(1);
    const top = Math.max(...onPatches);
    const { canvas, title, note } = panels[1];
    drawPhoto(canvas, photos[index()].grey);
    drawGlow(canvas, onPatches, top);
    title.textContent = kind();
    note.textContent = `largest ${percent(top)}, class token ${percent(all[0])}`;
    canvas.setAttribute("aria-label", describe(all, top));
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

  function describe(all, top) {
    const { row, column } = place(all.subarray(1).indexOf(top));
    const i = query();
    const who = i === null ? "the class token" : `the query in row ${place(i).row}, column ${place(i).column}`;
    const verb = state.rollout ? "is made most of" : "looks most at";
    return `${kind()}: ${who} ${verb} row ${row}, column ${column}, with ${percent(top)}`;
  }

  // What the learner does
  let timer = null;
  function say() {
    const all = shown();
    find(".spoken").textContent = describe(all, Math.max(...all.subarray(1)));
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

  const unique = Math.random().toString(36).slice(2);
  find(".choices").innerHTML = photos
    .map(
      ({ name, alt }) =>
        `<label title="${name}"><input type="radio" value="${name}" aria-label="${name}: ${alt}"
           data-lm-suppress-shortcuts="true"><canvas></canvas><span class="underline"></span></label>`,
    )
    .join("");
  el.querySelectorAll(".choices input").forEach((input, n) => {
    input.name = `photo-${unique}`;
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
  find(".heads").innerHTML = [...range(heads), "mean"]
    .map(
      (head) =>
        `<label><input type="radio" name="head-${unique}" value="${head}" data-lm-suppress-shortcuts="true"> ${head}</label>`,
    )
    .join("");
  el.querySelectorAll(".heads input").forEach((input) => {
    input.addEventListener("change", () => {
      change({ head: input.value === "mean" ? "mean" : Number(input.value) });
      drawAll();
    });
  });
  slider.max = depth - 1;
  slider.addEventListener("input", () => {
    change({ layer: Number(slider.value) });
    drawAll();
  });
  find(".ticks").innerHTML = range(depth).map((layer) => `<span>${layer}</span>`).join("");
  rolling.addEventListener("change", () => {
    change({ rollout: rolling.checked });
    drawAll();
  });
  classButton.addEventListener("click", () => select(null));

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
    if (event.key.toLowerCase() === "c") {
      event.preventDefault();
      select(null);
      return;
    }
    const { row, column } = place(state.patch ?? 0);
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
    const [r, c] = state.patch === null && event.key !== "End" ? [0, 0] : targets[event.key];
    select(clamp(r, 0, rows - 1) * columns + clamp(c, 0, columns - 1));
  });

  // What the kernel or another view of this widget does
  const follow = KEYS.map((key) => {
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
