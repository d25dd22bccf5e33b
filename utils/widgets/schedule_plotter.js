// The curve is computed and drawn here, without the kernel, which hears late (after LATE milliseconds without a change)
// what was chosen.

const LATE = 150;
const NAMES = ["steps", "warmup", "schedule", "step"];
const PER_DECADE = 20; // positions of the slider between 10 and 100 steps, 100 and 1,000, …
const POINTS = 600; // of the curve, about, when there are more steps
const DOTS = 60; // up to so many steps, each has a dot
const MARGIN = { top: 12, right: 84, bottom: 42, left: 44 }; // pixels around the axes
const HEIGHT = 270;

const TEMPLATE = `
  <div class="controls">
    <fieldset>
      <legend class="label">After the warm-up</legend>
      <div class="choices">
        ${["cosine", "linear", "constant"]
          .map(
            (name) =>
              `<label><input type="radio" value="${name}" data-lm-suppress-shortcuts="true"><span>${name}</span></label>`,
          )
          .join("")}
      </div>
    </fieldset>
    <label class="size steps">
      <span class="label">Steps: <b></b></span>
      <input type="range" min="0" step="1" aria-label="Steps" data-lm-suppress-shortcuts="true">
    </label>
    <label class="size warmup">
      <span class="label">Warm-up: <b></b></span>
      <input type="range" step="0.01" aria-label="Warm-up" data-lm-suppress-shortcuts="true">
    </label>
  </div>
  <p class="facts"></p>
  <p class="formula"></p>
  <div class="plot" tabindex="0" role="application" aria-roledescription="curve" data-lm-suppress-shortcuts="true">
    <svg aria-hidden="true"></svg>
  </div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("schedule-plotter");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const plot = find(".plot");
  const [stepsSlider, warmupSlider] = [find(".steps input"), find(".warmup input")];
  const highest = model.get("_learning_rate");
  const ranges = model.get("_ranges");
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  let hovered = null; // the step under the pointer

  // The equations, as in utils/models/training_recipe.py
  const warming = () => Math.min(Math.floor(state.warmup * state.steps), state.steps - 1);
  function factor(step) {
    const warmup = warming();
    if (step < warmup) return (step + 1) / warmup;
    const done = Math.min(1, (step - warmup) / (state.steps - warmup));
    if (state.schedule === "constant") return 1;
    return state.schedule === "linear" ? 1 - done : 0.5 * (1 + Math.cos(Math.PI * done));
  }
  function formula(step) {
    const warmup = warming();
    if (step < warmup) return `in the warm-up: (${step} + 1) / ${warmup}`;
    if (state.schedule === "constant") return "after the warm-up: always 1";
    const done = `(${step} − ${warmup}) / (${state.steps} − ${warmup})`;
    return `after the warm-up: ${state.schedule === "linear" ? `1 − ${done}` : `½ · (1 + cos(π · ${done}))`}`;
  }

  // Drawing
  const inner = () => ({
    width: plot.clientWidth - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  });
  const x = (step) => MARGIN.left + (step / (state.steps - 1)) * inner().width;
  const y = (value) => MARGIN.top + (1 - value) * inner().height;
  const at = (step) => `${x(step).toFixed(2)} ${y(factor(step)).toFixed(2)}`;

  function drawAll() {
    if (!plot.clientWidth) return; // not on the page yet
    const { width, height } = inner();
    const warmup = warming();
    const last = state.steps - 1;
    const every = Math.max(1, Math.floor(state.steps / POINTS));
    const places = range(Math.ceil(state.steps / every)).map((n) => n * every);
    const all = [...new Set([...places, Math.max(0, warmup - 1), warmup, last])].sort((a, b) => a - b);
    const rows = [0, 0.25, 0.5, 0.75, 1];
    const svg = find("svg");
    svg.setAttribute("viewBox", `0 0 ${plot.clientWidth} ${HEIGHT}`);
    svg.innerHTML =
      `<rect class="area" x="${MARGIN.left}" y="${MARGIN.top}" width="${width}" height="${height}"/>` +
      (warmup ? `<rect class="rise" x="${x(0)}" y="${y(1)}" width="${x(warmup) - x(0)}" height="${height}"/>` : "") +
      rows
        .map(
          (v) =>
            `<path class="grid" d="M${x(0)} ${y(v)}h${width}"/>` +
            `<text class="factor" x="${x(0) - 8}" y="${y(v)}">${v}</text>` +
            `<text class="rate" x="${x(last) + 8}" y="${y(v)}">${v ? short(v * highest, highest) : 0}</text>`,
        )
        .join("") +
      ticks(last, width < 420 ? 4 : 8)
        .map((step) => `<path class="grid" d="M${x(step)} ${y(0)}v5"/><text class="step" x="${x(step)}" y="${y(0) + 16}">${thousands(step)}</text>`)
        .join("") +
      `<text class="step" x="${MARGIN.left + width / 2}" y="${HEIGHT - 8}">step</text>` +
      `<text class="factor" x="${x(0) - 8}" y="${y(0) + 22}">factor</text>` +
      `<text class="rate" x="${x(last) + 8}" y="${y(0) + 22}">learning rate</text>` +
      `<path class="curve" d="M${all.map(at).join("L")}"/>` +
      (state.steps <= DOTS ? all.map((step) => `<circle class="dot" cx="${x(step)}" cy="${y(factor(step))}" r="3"/>`).join("") : "") +
      `<path class="line"/><circle class="now" r="6"/>`;

    stepsSlider.value = Math.round(PER_DECADE * Math.log10(state.steps / ranges.steps[0]));
    stepsSlider.setAttribute("aria-valuetext", `${state.steps} steps`);
    find(".steps b").textContent = thousands(state.steps);
    warmupSlider.value = state.warmup;
    warmupSlider.setAttribute("aria-valuetext", `${percent(state.warmup)}, ${warmup} steps`);
    find(".warmup b").textContent = `${percent(state.warmup)} = ${thousands(warmup)} ${warmup === 1 ? "step" : "steps"}`;
    find(`.choices input[value="${state.schedule}"]`).checked = true;
    plot.setAttribute(
      "aria-label",
      `Factor of the learning rate over ${state.steps} steps, ${warmup} of warm-up, then ${state.schedule}. ` +
        "Left and right arrow keys move the selected step, with Shift by one; Home and End go to the first and the last.",
    );
    drawStep();
  }

  function drawStep() {
    const step = hovered ?? state.step;
    const [left, top] = [x(step), y(factor(step))];
    find(".line").setAttribute("d", `M${left} ${y(1)}V${y(0)}`);
    find(".now").setAttribute("cx", left);
    find(".now").setAttribute("cy", top);
    find(".facts").innerHTML =
      `<span>step <b>${thousands(step)}</b></span><span>factor <b>${fixed(factor(step), 3)}</b></span>` +
      `<span>learning rate <b>${(factor(step) * highest).toPrecision(3)}</b></span>`;
    find(".formula").textContent = formula(step);
  }

  // What the learner does
  let timer = null;
  const describe = () =>
    `${state.schedule}, ${state.steps} steps, ${warming()} of warm-up; step ${state.step}: ` +
    `factor ${fixed(factor(state.step), 3)}, learning rate ${(factor(state.step) * highest).toPrecision(3)}`;
  function change(update) {
    Object.assign(state, update);
    state.step = Math.min(state.step, state.steps - 1);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    find(".spoken").textContent = describe();
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set(state);
    model.save_changes();
  }
  function set(update) {
    hovered = null;
    change(update);
    drawAll();
  }

  const group = `schedule-${Math.random().toString(36).slice(2)}`;
  for (const input of el.querySelectorAll(".choices input")) {
    input.name = group;
    input.addEventListener("change", () => set({ schedule: input.value }));
  }
  stepsSlider.max = Math.round(PER_DECADE * Math.log10(ranges.steps[1] / ranges.steps[0]));
  stepsSlider.addEventListener("input", () => {
    const exact = ranges.steps[0] * 10 ** (stepsSlider.value / PER_DECADE);
    set({ steps: Number(exact.toPrecision(2)) });
  });
  [warmupSlider.min, warmupSlider.max] = ranges.warmup;
  warmupSlider.addEventListener("input", () => set({ warmup: Number(warmupSlider.value) }));

  const under = (event) => {
    const part = (event.clientX - plot.getBoundingClientRect().x - MARGIN.left) / inner().width;
    return clamp(Math.round(part * (state.steps - 1)), 0, state.steps - 1);
  };
  plot.addEventListener("pointermove", (event) => {
    hovered = under(event);
    if (event.buttons) change({ step: hovered });
    drawStep();
  });
  plot.addEventListener("pointerdown", (event) => {
    plot.setPointerCapture(event.pointerId);
    change({ step: under(event) });
    drawStep();
  });
  for (const end of ["pointerleave", "pointercancel"]) {
    plot.addEventListener(end, () => {
      hovered = null;
      drawStep();
    });
  }
  plot.addEventListener("focus", () => (find(".spoken").textContent = describe()));
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const far = event.shiftKey ? 1 : Math.max(1, Math.round(state.steps / 100));
    const targets = {
      ArrowLeft: state.step - far,
      ArrowRight: state.step + far,
      ArrowDown: state.step - far,
      ArrowUp: state.step + far,
      Home: 0,
      End: state.steps - 1,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    hovered = null;
    change({ step: clamp(targets[event.key], 0, state.steps - 1) });
    drawStep();
  });

  // What the kernel or another view of this widget does
  const follow = NAMES.map((name) => {
    const update = () => {
      if (state[name] === model.get(name)) return;
      state[name] = model.get(name);
      state.step = Math.min(state.step, state.steps - 1);
      hovered = null;
      drawAll();
    };
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  let drawn = 0;
  const observer = new ResizeObserver(() => {
    if (plot.clientWidth !== drawn) drawAll();
    drawn = plot.clientWidth;
  });
  observer.observe(plot);

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const range = (length) => Array.from({ length }, (_, n) => n);
const thousands = (count) => count.toLocaleString("en");
const percent = (share) => `${Number((100 * share).toFixed(1))}%`;
const short = (value, highest) => {
  const rounded = Number(value.toPrecision(3));
  return highest < 1e-3 || highest >= 1e3 ? rounded.toExponential() : String(rounded); // all of an axis alike
};

// Halves go to the even digit, as in Python.
function fixed(value, decimals) {
  const scaled = value * 10 ** decimals;
  const isHalf = Number.isInteger(value * 2 ** (decimals + 1)) && !Number.isInteger(scaled);
  return (isHalf ? (2 * Math.round(scaled / 2)) / 10 ** decimals : value).toFixed(decimals);
}

// Round numbers from 0 to the last step, at most so many and one.
function ticks(last, most) {
  const rough = last / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const pitch = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough));
  return range(Math.floor(last / pitch) + 1).map((n) => n * pitch);
}

export default { render };
