// The two pictures, their mixture and its label are computed and drawn here, without the kernel: it sends the pictures
// once, and hears late (after LATE milliseconds without a change) how they are mixed.

const LATE = 150;
const NAMES = ["kind", "lam", "row", "column"];
const LABEL = 22; // pixels from the end of the bar to the middle of a number, at least

const TEMPLATE = `
  <div class="controls">
    <fieldset>
      <legend class="label">Mixed by</legend>
      <div class="choices">
        <label><input type="radio" value="mixup" data-lm-suppress-shortcuts="true"><span>mixup</span></label>
        <label><input type="radio" value="cutmix" data-lm-suppress-shortcuts="true"><span>CutMix</span></label>
      </div>
    </fieldset>
    <div class="size">
      <span class="label"><i>λ</i> = <b></b>, the share of the first picture</span>
      <input type="range" min="0" max="1" step="0.01" aria-label="Lambda" data-lm-suppress-shortcuts="true">
      <div class="ticks" aria-hidden="true"><span>0</span><span>0.5</span><span>1</span></div>
    </div>
  </div>
  <div class="parts">
    <div class="part own"><h3></h3><div class="picture"><canvas role="img"></canvas></div><p>the first picture, share&nbsp;<i>λ</i></p></div>
    <div class="part mixed">
      <h3>Mixed</h3>
      <div class="picture" aria-roledescription="box to move" data-lm-suppress-shortcuts="true">
        <canvas role="img"></canvas>
        <div class="beyond"><div class="drawn"></div></div><div class="mark"></div><div class="centre"></div>
      </div>
      <p class="hint"></p>
    </div>
    <div class="part other">
      <h3></h3>
      <div class="picture"><canvas role="img"></canvas><div class="mark"></div></div>
      <p>its partner in the batch, share&nbsp;1&nbsp;−&nbsp;<i>λ</i></p>
    </div>
  </div>
  <p class="facts"></p>
  <p class="detail"></p>
  <div class="ends" aria-hidden="true"><span class="own"></span><span>label</span><span class="other"></span></div>
  <div class="bar" role="img"><div class="own"></div><div class="other"></div><b class="own"></b><b class="other"></b></div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("batch-mixer");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const slider = find(".size input");
  const mixed = find(".mixed .picture");
  const names = model.get("_names");
  const { height, width } = model.get("_sizes");
  const size = height * width * 3;
  const view = model.get("_pixels");
  const [own, other] = [0, 1].map((n) => new Uint8Array(view.buffer, view.byteOffset + n * size, size));
  const far = Math.max(1, Math.round(Math.min(height, width) / 32)); // pixels of an arrow key; five times with Shift
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const isCut = () => state.kind === "cutmix";

  // The equations, as in utils/models/training_recipe.py
  function box() {
    const [halfH, halfW] = [height, width].map((side) => Math.trunc(0.5 * Math.sqrt(1 - state.lam) * side));
    const { row, column } = state;
    const drawn = { top: row - halfH, bottom: row + halfH, left: column - halfW, right: column + halfW };
    const top = Math.max(0, drawn.top);
    const bottom = Math.min(height, drawn.bottom);
    const left = Math.max(0, drawn.left);
    const right = Math.min(width, drawn.right);
    return { drawn, top, bottom, left, right, area: (bottom - top) * (right - left) };
  }
  const seen = () => (isCut() ? 1 - box().area / (height * width) : state.lam);
  function mixture() {
    const { lam } = state;
    if (!isCut()) return own.map((value, k) => Math.round(lam * value + (1 - lam) * other[k]));
    const { top, bottom, left, right } = box();
    const pixels = own.slice();
    for (let y = top; y < bottom; y++) {
      const [start, end] = [left, right].map((x) => (y * width + x) * 3);
      if (end > start) pixels.set(other.subarray(start, end), start);
    }
    return pixels;
  }

  // Drawing
  function drawPixels(canvas, pixels) {
    const image = new ImageData(width, height);
    for (let k = 0; k < height * width; k++) {
      image.data.set(pixels.subarray(3 * k, 3 * k + 3), 4 * k);
      image.data[4 * k + 3] = 255;
    }
    [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function drawAll() {
    if (!mixed.clientWidth) return; // not on the page yet
    drawPixels(find(".mixed canvas"), mixture());
    const { drawn, top, bottom, left, right, area } = box();
    for (const mark of el.querySelectorAll(".mark")) {
      place(mark, { top, bottom, left, right });
      mark.hidden = !isCut() || area === 0;
    }
    place(find(".drawn"), drawn);
    const isOff = drawn.top < 0 || drawn.left < 0 || drawn.bottom > height || drawn.right > width;
    find(".drawn").hidden = !isCut() || !isOff;
    const centre = find(".centre");
    centre.hidden = !isCut();
    centre.style.left = `${(100 * state.column) / width}%`;
    centre.style.top = `${(100 * state.row) / height}%`;

    const [one, two] = shown(seen());
    find(".facts").innerHTML = isCut()
      ? `<i>λ</i> drawn <b>${fixed(state.lam, 2)}</b>, <i>λ</i> really seen <b>${one}</b>`
      : `every pixel = <b>${one}</b> · <span></span> + <b>${two}</b> · <span></span>`;
    [...find(".facts").querySelectorAll("span")].forEach((span, n) => (span.textContent = names[n]));
    find(".detail").textContent = isCut()
      ? `box of ${drawn.bottom - drawn.top} rows × ${drawn.right - drawn.left} columns` +
        (isOff ? `, cut off at the border to ${bottom - top} × ${right - left}` : "") +
        `: ${thousands(area)} of ${thousands(height * width)} pixels`
      : "and the label is mixed in the same way";
    find(".hint").textContent = isCut() ? "drag the box, or use the arrow keys" : "both, laid over each other";

    const part = 100 * seen();
    find(".bar div.own").style.width = `${part}%`;
    for (const [name, middle, text] of [["own", part / 2, one], ["other", (100 + part) / 2, two]]) {
      const number = find(`.bar b.${name}`);
      number.textContent = text;
      number.style.left = `clamp(${LABEL}px, ${middle}%, 100% - ${LABEL}px)`;
    }
    find(".bar").setAttribute("aria-label", `label: ${one} ${names[0]}, ${two} ${names[1]}`);

    slider.value = state.lam;
    slider.setAttribute("aria-valuetext", `lambda ${fixed(state.lam, 2)}`);
    find(".size b").textContent = fixed(state.lam, 2);
    find(`.choices input[value="${state.kind}"]`).checked = true;
    find(".mixed canvas").setAttribute("aria-label", `Mixed picture: ${describe()}`);
    mixed.classList.toggle("movable", isCut());
    if (isCut()) {
      mixed.tabIndex = 0;
      mixed.setAttribute("role", "application");
      mixed.setAttribute("aria-label", "Mixed picture. Arrow keys move the box, with Shift in larger steps.");
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) mixed.removeAttribute(name);
    }
  }

  function place(mark, { top, bottom, left, right }) {
    mark.style.left = `${(100 * left) / width}%`;
    mark.style.top = `${(100 * top) / height}%`;
    mark.style.width = `${(100 * (right - left)) / width}%`;
    mark.style.height = `${(100 * (bottom - top)) / height}%`;
  }

  // In words
  function describe() {
    const [one, two] = shown(seen());
    const label = `label ${one} ${names[0]}, ${two} ${names[1]}`;
    if (!isCut()) return `mixup, lambda ${fixed(state.lam, 2)}, ${label}`;
    return (
      `CutMix, box around row ${state.row}, column ${state.column}, ` +
      `lambda drawn ${fixed(state.lam, 2)}, really seen ${one}, ${label}`
    );
  }

  // What the learner does
  let timer = null;
  function change(update) {
    Object.assign(state, update);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    drawAll();
    find(".spoken").textContent = describe();
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set(state);
    model.save_changes();
  }
  function move(row, column) {
    change({ row: clamp(row, 0, height - 1), column: clamp(column, 0, width - 1) });
  }

  [own, other].forEach((pixels, n) => {
    const part = find(n === 0 ? ".part.own" : ".part.other");
    part.querySelector("h3").textContent = names[n];
    part.querySelector("canvas").setAttribute("aria-label", names[n]);
    drawPixels(part.querySelector("canvas"), pixels);
    find(n === 0 ? ".ends .own" : ".ends .other").textContent = names[n];
  });
  const [first, second] = model.get("_colors");
  el.style.setProperty("--own", first);
  el.style.setProperty("--other", second);
  for (const picture of el.querySelectorAll(".picture")) picture.style.aspectRatio = `${width} / ${height}`;
  el.classList.toggle("pixels", Math.max(height, width) <= 64); // too few to be smoothed

  const group = `kind-${Math.random().toString(36).slice(2)}`;
  for (const input of el.querySelectorAll(".choices input")) {
    input.name = group;
    input.addEventListener("change", () => change({ kind: input.value }));
  }
  slider.addEventListener("input", () => change({ lam: Number(slider.value) }));

  let isDragged = false;
  const followPointer = (event) => {
    const area = mixed.getBoundingClientRect();
    move(
      Math.round(((event.clientY - area.top) / area.height) * height),
      Math.round(((event.clientX - area.left) / area.width) * width),
    );
  };
  mixed.addEventListener("pointerdown", (event) => {
    if (!isCut()) return;
    isDragged = true;
    mixed.setPointerCapture(event.pointerId);
    followPointer(event);
  });
  mixed.addEventListener("pointermove", (event) => isDragged && followPointer(event));
  for (const end of ["pointerup", "pointercancel"]) mixed.addEventListener(end, () => (isDragged = false));
  mixed.addEventListener("keydown", (event) => {
    if (!isCut() || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? 5 * far : far;
    const { row, column } = state;
    const targets = {
      ArrowLeft: [row, column - step],
      ArrowRight: [row, column + step],
      ArrowUp: [row - step, column],
      ArrowDown: [row + step, column],
      Home: [0, 0],
      End: [height - 1, width - 1],
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    move(...targets[event.key]);
  });

  // What the kernel or another view of this widget does
  const follow = NAMES.map((name) => {
    const update = () => {
      if (state[name] === model.get(name)) return;
      state[name] = model.get(name);
      drawAll();
    };
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  let drawn = 0;
  const observer = new ResizeObserver(() => {
    if (mixed.clientWidth !== drawn) drawAll();
    drawn = mixed.clientWidth;
  });
  observer.observe(mixed);

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const thousands = (count) => count.toLocaleString("en");

// Halves go to the even digit, as in Python.
function fixed(value, decimals) {
  const scaled = value * 10 ** decimals;
  const isHalf = Number.isInteger(value * 2 ** (decimals + 1)) && !Number.isInteger(scaled);
  return (isHalf ? (2 * Math.round(scaled / 2)) / 10 ** decimals : value).toFixed(decimals);
}

// Both shares with two decimals that add up to 1.
const shown = (share) => [fixed(share, 2), (1 - Number(fixed(share, 2))).toFixed(2)];

export default { render };
