// The photograph, the boxes and the maps are drawn here, without the kernel: it sends the photograph once, and hears
// late (after LATE milliseconds without a change) what was chosen.

const LATE = 150;
const DARK = 0.3; // brightness of a pixel that is not seen
const DIM = 0.5; // and of one that is seen, by few paths

const SLIDERS = [
  ["depth", "Depth <i>L</i> =", "Depth, number of layers"],
  ["kernel_size", "Kernel <i>K</i> =", "Kernel size in pixels"],
  ["stride", "Stride <i>s</i> =", "Stride of every layer"],
];
const TEMPLATE = `
  <div class="controls">
    ${SLIDERS.map(
      ([name, label, spoken]) => `
        <div class="slider">
          <span class="label">${label} <b></b></span>
          <input type="range" name="${name}" min="0" step="1" aria-label="${spoken}" data-lm-suppress-shortcuts="true">
          <div class="ticks" aria-hidden="true"></div>
        </div>`,
    ).join("")}
  </div>
  <div class="main">
    <div class="photo" tabindex="0" role="application" aria-roledescription="receptive field"
         data-lm-suppress-shortcuts="true"><canvas></canvas></div>
    <div class="detail">
      <h3></h3>
      <p class="sum"></p>
      <div class="maps"></div>
      <p class="hint">Lit: what the output depends on, the brighter the more paths lead to it. Click a place in the last map, or in
        the photograph.</p>
    </div>
  </div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("receptive-field");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const photo = find(".photo");
  const choices = model.get("_choices");
  const keys = ["depth", "kernel_size", "stride", "row", "column"];
  const state = Object.fromEntries(keys.map((key) => [key, model.get(key)]));
  const pixels = new Uint8Array(model.get("_pixels").buffer, model.get("_pixels").byteOffset);
  const side = Math.sqrt(pixels.length / 3);

  // Arithmetic
  const sizes = () => {
    const all = [side];
    for (let n = 0; n < state.depth; n++) all.push(Math.floor((all[n] - 1) / state.stride) + 1);
    return all;
  };
  const jump = (layer) => state.stride ** layer;
  const field = (layer) =>
    1 + (state.kernel_size - 1) * range(layer).reduce((sum, n) => sum + jump(n), 0); // r, side in pixels
  // Paths from every position of every map to one output, along one axis.
  function paths(place) {
    const all = sizes().map((size) => new Float64Array(size));
    all[state.depth][place] = 1;
    for (let layer = state.depth; layer > 0; layer--) {
      all[layer].forEach((count, output) => {
        const first = output * state.stride - (state.kernel_size - 1) / 2;
        for (let n = Math.max(first, 0); n < Math.min(first + state.kernel_size, all[layer - 1].length); n++) {
          all[layer - 1][n] += count;
        }
      });
    }
    return all;
  }
  // Brightness of each position of a map, 0 to 1: [row][column] flattened.
  function light(rows, columns) {
    const most = Math.max(...rows) * Math.max(...columns);
    const values = new Float64Array(rows.length * columns.length);
    rows.forEach((a, y) =>
      columns.forEach((b, x) => (values[y * columns.length + x] = a * b ? DIM + ((1 - DIM) * a * b) / most : DARK)),
    );
    return values;
  }

  // Drawing
  function paint(canvas, values, size, color) {
    const small = document.createElement("canvas");
    [small.width, small.height] = [size, size];
    const image = new ImageData(size, size);
    values.forEach((value, k) => image.data.set([...color(k).map((c) => c * value), 255], 4 * k));
    small.getContext("2d").putImageData(image, 0, 0);
    const width = Math.round(canvas.clientWidth * window.devicePixelRatio);
    [canvas.width, canvas.height] = [width, width];
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, width, width);
    return context;
  }

  function draw() {
    if (!photo.clientWidth) return; // not on the page yet
    const { depth, kernel_size, stride, row, column } = state;
    const all = sizes();
    const [rows, columns] = [paths(row), paths(column)];

    const context = paint(find(".photo canvas"), light(rows[0], columns[0]), side, (k) => [
      ...pixels.subarray(3 * k, 3 * k + 3),
    ]);
    const scale = context.canvas.width / side;
    for (let layer = 1; layer <= depth; layer++) {
      const r = field(layer);
      const [x, y] = [column, row].map((place) => (place * jump(depth) + 0.5 - r / 2) * scale);
      const strokes = layer === depth ? [["#000", 5], ["#fff", 2.5]] : [["#000", 2.5], ["#56b4e9", 1.25]];
      for (const [color, width] of strokes) {
        context.strokeStyle = color;
        context.lineWidth = width * window.devicePixelRatio;
        context.strokeRect(x, y, r * scale, r * scale);
      }
    }

    if (find(".maps").children.length !== depth) {
      find(".maps").innerHTML = range(depth)
        .map((n) => `<figure><canvas></canvas><figcaption>layer ${n + 1}<br><span></span></figcaption></figure>`)
        .join("");
    }
    [...find(".maps").children].forEach((figure, n) => {
      figure.classList.toggle("last", n + 1 === depth);
      const ink = n + 1 === depth ? [255, 255, 255] : [86, 180, 233];
      paint(figure.querySelector("canvas"), light(rows[n + 1], columns[n + 1]), all[n + 1], () => ink);
      const map = `${all[n + 1]} × ${all[n + 1]}`;
      figure.querySelector("span").innerHTML = `${map}<br><i>r</i> = ${field(n + 1)}, <i>j</i> = ${jump(n + 1)}`;
    });

    for (const [name] of SLIDERS) {
      const slider = find(`input[name=${name}]`);
      slider.value = choices[name].indexOf(state[name]);
      slider.setAttribute("aria-valuetext", `${state[name]}, one output sees ${field(depth)} pixels`);
      slider.parentElement.querySelector("b").textContent = state[name];
      [...slider.parentElement.querySelectorAll(".ticks span")].forEach((tick, n) =>
        tick.classList.toggle("now", choices[name][n] === state[name]),
      );
    }
    find("h3").textContent = `One output sees ${field(depth)} × ${field(depth)} pixels`;
    const terms = range(depth).map((n) => `${kernel_size - 1}·${jump(n)}`);
    find(".sum").innerHTML = `<i>r</i> = 1 + ${terms.join(" + ")}`;
    photo.setAttribute(
      "aria-label",
      `Photograph of ${model.get("_alt")}, with the receptive field of one output lit. ` +
        `The last map has ${all[depth]} rows and columns. Arrow keys move to another output.`,
    );
  }

  // What the learner does
  let timer = null;
  const say = () => {
    const { depth, row, column } = state;
    const [top, left] = [row, column].map((place) => place * jump(depth) - (field(depth) - 1) / 2);
    const span = (first) => `${Math.max(first, 0)} to ${Math.min(first + field(depth), side) - 1}`;
    find(".spoken").textContent = `output in row ${row}, column ${column}, sees rows ${span(top)}, columns ${span(left)}`;
  };
  function change(update) {
    Object.assign(state, update);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    draw();
    say();
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set(state);
    model.save_changes();
  }
  function select(row, column) {
    const last = sizes()[state.depth] - 1;
    const place = { row: clamp(row, 0, last), column: clamp(column, 0, last) };
    if (place.row !== state.row || place.column !== state.column) change(place);
  }
  function choose(name, value) {
    const before = jump(state.depth); // keep the selection where it is in the photograph
    state[name] = value;
    const last = sizes()[state.depth] - 1;
    const [row, column] = [state.row, state.column].map((n) =>
      clamp(Math.round((n * before) / jump(state.depth)), 0, last),
    );
    change({ row, column });
  }

  el.querySelectorAll("input").forEach((slider) => {
    slider.max = choices[slider.name].length - 1;
    slider.addEventListener("input", () => choose(slider.name, choices[slider.name][slider.value]));
    slider.nextElementSibling.innerHTML = choices[slider.name].map((value) => `<span>${value}</span>`).join("");
  });
  const at = (event, element, size) => {
    const box = element.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width].map((v) =>
      Math.floor(v * size),
    );
  };
  for (const kind of ["pointerdown", "pointermove"]) {
    photo.addEventListener(kind, (event) => {
      if (!event.buttons) return;
      const [y, x] = at(event, photo, side);
      select(Math.round(y / jump(state.depth)), Math.round(x / jump(state.depth)));
    });
    find(".maps").addEventListener(kind, (event) => {
      const canvas = event.target.closest(".last canvas");
      if (event.buttons && canvas) select(...at(event, canvas, sizes()[state.depth]));
    });
  }
  photo.addEventListener("focus", say);
  photo.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { row, column } = state;
    const last = sizes()[state.depth] - 1;
    const places = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [0, 0],
      End: [last, last],
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    select(...places[event.key]);
  });

  // What the kernel or another view of this widget does
  const follow = keys.map((key) => {
    const update = () => {
      if (state[key] === model.get(key)) return;
      state[key] = model.get(key);
      const last = sizes()[state.depth] - 1;
      [state.row, state.column] = [Math.min(state.row, last), Math.min(state.column, last)];
      draw();
    };
    model.on(`change:${key}`, update);
    return () => model.off(`change:${key}`, update);
  });
  const observer = new ResizeObserver(draw);
  observer.observe(photo);

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const range = (length) => Array.from({ length }, (_, n) => n);

export default { render };
