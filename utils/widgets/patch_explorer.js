// The picture, its patches and the token sequence are drawn here, without the kernel: it sends the photographs once,
// and hears late (after LATE milliseconds without a change) what was selected.

const LATE = 150;
const SHOWN = 8; // numbers listed per patch
const ENLARGED = 448; // device pixels of the enlarged patch: a multiple of every patch size

const TEMPLATE = `
  <div class="controls">
    <fieldset>
      <legend class="label">Photograph</legend>
      <div class="choices"></div>
    </fieldset>
    <div class="size">
      <span class="label">Patch size <i>P</i> = <b></b> pixels</span>
      <input type="range" min="0" step="1" aria-label="Patch size in pixels" data-lm-suppress-shortcuts="true">
      <div class="ticks" aria-hidden="true"></div>
    </div>
  </div>
  <div class="main">
    <div class="picture" tabindex="0" role="application" aria-roledescription="patch grid"
         data-lm-suppress-shortcuts="true">
      <canvas></canvas><div class="mark"></div><div class="mark hover" hidden></div>
    </div>
    <div class="detail">
      <h3></h3>
      <p class="where place"></p>
      <canvas class="enlarged" width="${ENLARGED}" height="${ENLARGED}" role="img"></canvas>
      <p class="where order"></p>
      <ol class="numbers"></ol>
    </div>
  </div>
  <p class="equation"><span class="name">Token sequence</span><span class="formula"></span></p>
  <div class="strip">
    <div class="gutter" aria-hidden="true"></div>
    <div class="sequence" tabindex="0" role="application" aria-roledescription="token sequence"
         data-lm-suppress-shortcuts="true">
      <canvas></canvas><div class="mark"></div><div class="mark hover" hidden></div>
    </div>
  </div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("patch-explorer");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const picture = find(".picture");
  const sequence = find(".sequence");
  const slider = find(".size input");

  const side = model.get("_side");
  const sizes = model.get("_patch_sizes");
  const photos = model.get("_photos").map((photo, n) => ({ ...photo, ...unpack(model.get("_pixels"), n, side) }));

  const state = { photo: model.get("photo"), patch_size: model.get("patch_size"), patch: model.get("patch") };
  let hovered = null; // index of the patch under the pointer
  const columns = () => side / state.patch_size;
  const count = () => columns() ** 2;
  const photo = () => photos.find(({ name }) => name === state.photo);

  // Where patches lie, in CSS pixels. Both layouts: index -> square, and point -> index (null: no patch there).
  const grid = {
    gap: () => (state.patch_size < 14 ? 1 : state.patch_size < 28 ? 2 : 3),
    pitch: () => (picture.clientWidth + grid.gap()) / columns(),
    square: (i) => square(i % columns(), Math.floor(i / columns()), grid.pitch(), grid.gap()),
    at: (x, y) => {
      const [column, row] = [x, y].map((v) => clamp(Math.floor(v / grid.pitch()), 0, columns() - 1));
      return row * columns() + column;
    },
  };
  const line = {
    gap: grid.gap,
    pitch: () => Math.min(state.patch_size + 4, 45) + line.gap(),
    // Lines do not end where rows of the picture end, lest the sequence look like a picture.
    length: () => {
      const fit = clamp(Math.floor((sequence.clientWidth + line.gap()) / line.pitch()), 1, count());
      return fit < count() && fit > 1 && fit % columns() === 0 ? fit - 1 : fit;
    },
    square: (i) => square(i % line.length(), Math.floor(i / line.length()), line.pitch(), line.gap()),
    at: (x, y) => {
      const i = Math.floor(y / line.pitch()) * line.length() + clamp(Math.floor(x / line.pitch()), 0, line.length() - 1);
      return i >= 0 && i < count() ? i : null;
    },
  };

  // Drawing
  function drawPatches(canvas, layout, width, height) {
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    canvas.style.width = `${width}px`;
    const context = canvas.getContext("2d");
    const P = state.patch_size;
    for (let i = 0; i < count(); i++) {
      const { x, y, size } = layout.square(i);
      const [left, top, right, bottom] = [x, y, x + size, y + size].map((v) => Math.round(v * ratio));
      const column = i % columns();
      const row = Math.floor(i / columns());
      context.drawImage(photo().canvas, column * P, row * P, P, P, left, top, right - left, bottom - top);
    }
  }

  function drawAll() {
    if (!picture.clientWidth) return; // not on the page yet
    const P = state.patch_size;
    drawPatches(find(".picture canvas"), grid, picture.clientWidth, picture.clientWidth);
    const lines = Math.ceil(count() / line.length());
    drawPatches(find(".sequence canvas"), line, sequence.clientWidth, lines * line.pitch() - line.gap());

    const every = Math.ceil(14 / line.pitch()); // leave the numbers room
    find(".gutter").innerHTML = range(Math.ceil(lines / every))
      .map((n) => n * every)
      .map((n) => `<span style="top: ${(n + 0.5) * line.pitch()}px">${n * line.length()}</span>`)
      .join("");

    slider.value = sizes.indexOf(P);
    slider.setAttribute("aria-valuetext", `${P} pixels, ${count()} tokens`);
    find(".size b").textContent = P;
    [...find(".ticks").children].forEach((tick, n) => tick.classList.toggle("now", sizes[n] === P));
    find(`.choices input[value="${state.photo}"]`).checked = true;
    find(".formula").innerHTML =
      `<i>N</i> = ${side}/${P} × ${side}/${P} = ${count()} tokens of <i>C</i>·<i>P</i>² = 3·${P}² = ${3 * P * P} numbers`;
    picture.setAttribute(
      "aria-label",
      `Photograph of ${photo().alt}, cut into ${columns()} by ${columns()} patches. ` +
        "Arrow keys move the selected patch, Home and End go to the first and the last.",
    );
    sequence.setAttribute(
      "aria-label",
      `The ${count()} patches as a sequence of tokens. Left and right arrow keys move the selected patch, ` +
        "up and down by one line, Home and End go to the first and the last.",
    );
    drawPatch();
  }

  function drawPatch() {
    for (const [area, layout] of [[picture, grid], [sequence, line]]) {
      const [selected, hover] = area.querySelectorAll(".mark");
      outline(selected, layout.square(state.patch));
      hover.hidden = hovered === null;
      if (hovered !== null) outline(hover, layout.square(hovered));
    }
    const i = hovered ?? state.patch;
    const P = state.patch_size;
    const { row, column } = place(i);
    find("h3").textContent = `Patch ${i}`;
    find(".place").innerHTML =
      `row ${row}, column ${column}, counted from 0<br>` +
      `pixels <i>y</i> ${row * P}–${row * P + P - 1}, <i>x</i> ${column * P}–${column * P + P - 1}`;
    find(".order").textContent = `First ${SHOWN} of its ${3 * P * P} numbers (framed): red, ${P < SHOWN ? "rows 0 and 1" : "row 0"}`;
    find(".numbers").innerHTML = numbers(i)
      .map((value) => `<li style="--swatch: rgb(${value} 0 0)">${(value / 255).toFixed(3)}</li>`)
      .join("");
    enlarge(find(".enlarged"), photo().canvas, column * P, row * P, P);
    find(".enlarged").setAttribute("aria-label", `Enlarged: ${describe(i)}`);
  }

  // What a patch is
  const place = (i) => ({ row: Math.floor(i / columns()), column: i % columns() });
  const value = (i, channel, y, x) => {
    const { row, column } = place(i);
    const P = state.patch_size;
    return photo().pixels[((row * P + y) * side + column * P + x) * 3 + channel];
  };
  // Order channel, row, column, as `patchify` gives.
  const numbers = (i) => range(SHOWN).map((k) => value(i, 0, Math.floor(k / state.patch_size), k % state.patch_size));
  function describe(i) {
    const P = state.patch_size;
    const mean = [0, 1, 2].map((channel) => {
      const total = range(P * P).reduce((sum, k) => sum + value(i, channel, Math.floor(k / P), k % P), 0);
      return Math.round((100 * total) / (P * P * 255));
    });
    const { row, column } = place(i);
    return (
      `patch ${i} of 0 to ${count() - 1}, row ${row}, column ${column}, ` +
      `mean colour red ${mean[0]}%, green ${mean[1]}%, blue ${mean[2]}%`
    );
  }

  // What the learner does
  let timer = null;
  const say = () => (find(".spoken").textContent = describe(state.patch));
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
  function select(i) {
    if (i === null || i === state.patch) return;
    change({ patch: i });
    drawPatch();
  }
  function resize(patch_size) {
    const { row, column } = place(state.patch); // keep the selection where it is in the picture
    const [y, x] = [row, column].map((n) => Math.floor(((n + 0.5) * state.patch_size) / patch_size));
    hovered = null;
    change({ patch_size, patch: y * (side / patch_size) + x });
    drawAll();
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
  slider.max = sizes.length - 1;
  slider.addEventListener("input", () => resize(sizes[slider.value]));
  find(".ticks").innerHTML = sizes.map((size) => `<span>${size}</span>`).join("");

  for (const [area, layout] of [[picture, grid], [sequence, line]]) {
    const at = (event) => {
      const box = area.getBoundingClientRect();
      return layout.at(event.clientX - box.left, event.clientY - box.top);
    };
    area.addEventListener("pointermove", (event) => {
      const i = at(event);
      if (i === hovered) return;
      hovered = i;
      if (event.buttons && i !== null) change({ patch: i });
      drawPatch();
    });
    area.addEventListener("pointerdown", (event) => select(at(event)));
    area.addEventListener("focus", say);
    for (const end of ["pointerleave", "pointercancel"]) {
      area.addEventListener(end, () => {
        hovered = null;
        drawPatch();
      });
    }
    area.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const { row, column } = place(state.patch);
      const vertical = area === picture ? columns() : line.length();
      const steps = {
        ArrowLeft: area === picture && column === 0 ? 0 : -1,
        ArrowRight: area === picture && column === columns() - 1 ? 0 : 1,
        ArrowUp: -vertical,
        ArrowDown: vertical,
        Home: -state.patch,
        End: count() - 1 - state.patch,
      };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const i = state.patch + steps[event.key];
      hovered = null;
      if (i >= 0 && i < count()) select(i);
    });
  }

  // What the kernel or another view of this widget does
  const follow = ["photo", "patch_size", "patch"].map((key) => {
    const update = () => {
      if (state[key] === model.get(key)) return;
      state[key] = model.get(key);
      state.patch = Math.min(state.patch, count() - 1);
      hovered = null;
      drawAll();
    };
    model.on(`change:${key}`, update);
    return () => model.off(`change:${key}`, update);
  });
  let widths = "";
  const observer = new ResizeObserver(() => {
    const now = `${picture.clientWidth} ${sequence.clientWidth}`;
    if (now !== widths) drawAll();
    widths = now;
  });
  observer.observe(picture);
  observer.observe(sequence);

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const range = (length) => Array.from({ length }, (_, n) => n);
const square = (column, row, pitch, gap) => ({ x: column * pitch, y: row * pitch, size: pitch - gap });

// Photograph n out of the bytes of all: its numbers, and a canvas to draw from.
function unpack(view, n, side) {
  const pixels = new Uint8Array(view.buffer, view.byteOffset + n * side * side * 3, side * side * 3);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [side, side];
  const image = new ImageData(side, side);
  for (let k = 0; k < side * side; k++) {
    image.data.set(pixels.subarray(3 * k, 3 * k + 3), 4 * k);
    image.data[4 * k + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { pixels, canvas };
}

// Around a patch, not over it: its border is 3 pixels wide.
function outline(mark, { x, y, size }) {
  mark.style.transform = `translate(${x - 3}px, ${y - 3}px)`;
  mark.style.width = mark.style.height = `${size}px`;
}

// A patch with every pixel a square, and a line around the pixels whose numbers are listed: a row, or one and a bit.
function enlarge(canvas, photo, x, y, P) {
  const context = canvas.getContext("2d");
  const pixel = ENLARGED / P;
  context.imageSmoothingEnabled = false;
  context.drawImage(photo, x, y, P, P, 0, 0, ENLARGED, ENLARGED);
  const first = Math.min(SHOWN, P);
  const rest = SHOWN - first;
  const bottom = rest ? 2 : 1;
  for (const [color, width] of [["#000", 8], ["#fff", 4]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (const [column, row] of [[first, -1], [first, 1], [rest, 1], [rest, bottom], [-1, bottom]]) {
      context.lineTo(column * pixel + 4, row * pixel + 4); // just outside these pixels
    }
    context.stroke();
  }
}

export default { render };
