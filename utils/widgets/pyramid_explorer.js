// Four backbones and their costs, drawn here without the kernel: it sends the costs at all sizes once, and hears late
// (after LATE milliseconds without a change) what was chosen.

const LATE = 150;
const NAMES = ["image_size", "model", "stage"];
const UNIT = 9; // pixels of height for each block
const GAP = 3; // between two stages
const WIDEST = 88; // pixels of a bar with a stride of 4
const MARGIN = { top: 12, right: 92, bottom: 42, left: 52 }; // pixels around the axes
const HEIGHT = 230;

const TEMPLATE = `
  <label class="size">Image: <b></b>
    <input type="range" min="0" step="1" aria-label="Side of the image" data-lm-suppress-shortcuts="true">
  </label>
  <div class="models" tabindex="0" role="application" aria-roledescription="backbones" data-lm-suppress-shortcuts="true"></div>
  <p class="facts"></p>
  <p class="cost">Cost per pixel of the image, in thousand FLOPs, over the side of the image</p>
  <div class="plot" aria-hidden="true"><svg></svg></div>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("pyramid-explorer");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);
  const [slider, area, plot] = [find("input"), find(".models"), find(".plot")];
  const sizes = model.get("_sizes");
  const models = model.get("_models");
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));

  // What is known about a backbone at the chosen size
  const at = () => sizes.indexOf(state.image_size);
  const total = (m, i) => m.flops[i].reduce((a, b) => a + b, 0);
  const chosen = () => models.find((m) => m.name === state.model);
  const perPixel = (m, i) => total(m, i) / sizes[i] ** 2 / 1e3;
  const highest = 1.05 * Math.max(...models.flatMap((m) => sizes.map((_, i) => perPixel(m, i))));
  const sizeOf = ({ stride, channels }) => {
    const side = state.image_size / stride;
    return `${side} × ${side} × ${channels}`;
  };

  const panels = models.map((m) => {
    const panel = document.createElement("figure");
    panel.innerHTML = `<h3>${m.name}</h3><p class="cost"></p><svg aria-hidden="true"></svg>`;
    area.append(panel);
    panel.addEventListener("click", (event) => {
      const bar = event.target.closest(".stage");
      set({ model: m.name, stage: bar ? Number(bar.dataset.stage) : Math.min(state.stage, m.stages.length) });
    });
    return panel;
  });
  const tallest = Math.max(...models.map((m) => heightOf(m.stages)));

  // Drawing
  function drawModels() {
    models.forEach((m, n) => {
      const costs = m.flops[at()];
      const sum = total(m, at());
      let bottom = tallest + 3;
      const bars = m.stages.map((stage, s) => {
        const [height, width] = [UNIT * stage.blocks, (WIDEST * 4) / stage.stride];
        const [x, y] = [(WIDEST - width) / 2 + 2, bottom - height];
        bottom = y - GAP;
        const box = `x="${x}" y="${y}" width="${width}" height="${height}"`;
        const selected = m.name === state.model && s + 1 === state.stage ? " selected" : "";
        return (
          `<g class="stage${selected}" data-stage="${s + 1}">` +
          `<rect class="fill" ${box} fill="${m.colour}" opacity="${0.15 + (0.85 * costs[s]) / sum}"/>` +
          `<rect class="edge" ${box}/><text x="${WIDEST + 12}" y="${y + height / 2}">${sizeOf(stage)}</text></g>`
        );
      });
      const svg = panels[n].querySelector("svg");
      svg.setAttribute("viewBox", `0 0 196 ${tallest + 6}`);
      svg.innerHTML = bars.join("");
      panels[n].querySelector(".cost").innerHTML =
        `<b>${giga(sum)} GFLOPs</b><br>${million(m.stages.reduce((a, s) => a + s.parameters, 0))} M parameters`;
    });
    find(".size b").textContent = `${state.image_size} × ${state.image_size} pixels`;
    slider.value = at();
    slider.setAttribute("aria-valuetext", `${state.image_size} pixels`);
    area.setAttribute(
      "aria-label",
      `Stages of ${models.map((m) => m.name).join(", ")} as bars. Left and right arrow keys go from backbone to ` +
        "backbone, up and down from stage to stage, Home and End to the first and the last stage.",
    );
    const m = chosen();
    const stage = m.stages[state.stage - 1];
    const cost = m.flops[at()][state.stage - 1];
    find(".facts").innerHTML =
      `<b>${m.name}, stage ${state.stage}</b>: a map of ${sizeOf(stage)}, one place for ${stage.stride} × ${stage.stride} pixels; ` +
      `${stage.blocks} blocks. ${giga(cost)} GFLOPs, ${percent(cost / total(m, at()))} of the cost; ` +
      `${million(stage.parameters)} M parameters. <span>The whole model costs ${times(total(m, at()) / total(m, sizes.indexOf(224)))} ` +
      "what it costs at 224 × 224.</span>";
  }

  const inner = () => ({
    width: plot.clientWidth - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  });
  const x = (size) => MARGIN.left + ((size - sizes[0]) / (sizes.at(-1) - sizes[0])) * inner().width;
  const y = (value) => MARGIN.top + (1 - value / highest) * inner().height;

  function drawPlot() {
    if (!plot.clientWidth) return; // not on the page yet
    const { width, height } = inner();
    const last = sizes.length - 1;
    const labels = apart(models.map((m) => ({ m, y: y(perPixel(m, last)) })), 14);
    const svg = plot.querySelector("svg");
    svg.setAttribute("viewBox", `0 0 ${plot.clientWidth} ${HEIGHT}`);
    svg.innerHTML =
      `<rect class="area" x="${MARGIN.left}" y="${MARGIN.top}" width="${width}" height="${height}"/>` +
      ticks(highest, 4)
        .map((v) => `<path class="grid" d="M${MARGIN.left} ${y(v)}h${width}"/><text class="tick-y" x="${MARGIN.left - 8}" y="${y(v)}">${v}</text>`)
        .join("") +
      [64, 224, 384, 512, 768, 1024]
        .filter((size) => width > 360 || ![64, 384].includes(size))
        .map((size) => `<path class="grid" d="M${x(size)} ${y(0)}v5"/><text class="tick-x" x="${x(size)}" y="${y(0) + 17}">${size}</text>`)
        .join("") +
      `<text class="tick-x" x="${MARGIN.left + width / 2}" y="${HEIGHT - 6}">side of the image (pixels)</text>` +
      models
        .map((m) => {
          const points = sizes.map((size, i) => `${x(size).toFixed(1)} ${y(perPixel(m, i)).toFixed(1)}`);
          return `<path class="curve" data-model="${m.name}" stroke="${m.colour}" d="M${points.join("L")}"/>`;
        })
        .join("") +
      labels.map((l) => `<text class="name" x="${x(sizes[last]) + 8}" y="${l.y}" style="fill:${l.m.colour}">${l.m.name}</text>`).join("") +
      `<path class="now" d="M${x(state.image_size)} ${y(0)}V${MARGIN.top}"/>`;
  }
  function drawAll() {
    drawModels();
    drawPlot();
  }

  // What the learner does
  let timer = null;
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    model.set(state);
    model.save_changes();
  }
  function set(update) {
    Object.assign(state, update);
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    drawAll();
    find(".spoken").textContent = `${state.image_size} pixels. ${find(".facts").textContent}`;
  }

  slider.max = sizes.length - 1;
  slider.addEventListener("input", () => set({ image_size: sizes[slider.value] }));
  const under = (event) => {
    const part = (event.clientX - plot.getBoundingClientRect().x - MARGIN.left) / inner().width;
    return sizes[clamp(Math.round(part * (sizes.length - 1)), 0, sizes.length - 1)];
  };
  plot.addEventListener("pointerdown", (event) => {
    plot.setPointerCapture(event.pointerId);
    set({ image_size: under(event) });
  });
  plot.addEventListener("pointermove", (event) => {
    if (event.buttons && under(event) !== state.image_size) set({ image_size: under(event) });
  });
  area.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const now = models.indexOf(chosen());
    const moves = {
      ArrowLeft: [now - 1, state.stage],
      ArrowRight: [now + 1, state.stage],
      ArrowUp: [now, state.stage + 1],
      ArrowDown: [now, state.stage - 1],
      Home: [now, 1],
      End: [now, 9],
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const [next, stage] = moves[event.key];
    const m = models[clamp(next, 0, models.length - 1)];
    set({ model: m.name, stage: clamp(stage, 1, m.stages.length) });
  });

  // What the kernel or another view of this widget does
  const follow = NAMES.map((name) => {
    const update = () => {
      if (state[name] === model.get(name)) return;
      state[name] = model.get(name);
      state.stage = Math.min(state.stage, chosen().stages.length);
      drawAll();
    };
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  let drawn = 0;
  const observer = new ResizeObserver(() => {
    if (plot.clientWidth !== drawn) drawPlot();
    drawn = plot.clientWidth;
  });
  observer.observe(plot);
  drawModels();

  return () => {
    if (timer !== null) tellKernel();
    follow.forEach((stop) => stop());
    observer.disconnect();
  };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const heightOf = (stages) => stages.reduce((sum, stage) => sum + UNIT * stage.blocks + GAP, -GAP);
const giga = (flops) => (flops / 1e9 < 9.95 ? (flops / 1e9).toFixed(2) : (flops / 1e9).toFixed(1));
const million = (count) => (count / 1e6).toFixed(1);
const percent = (share) => `${Math.round(100 * share)} %`;
const times = (factor) => `${factor < 9.95 ? factor.toFixed(2) : factor.toFixed(1)} times`;

// Move labels, from the lowest up, until none is nearer than so many pixels to the next.
function apart(labels, least) {
  const sorted = [...labels].sort((a, b) => b.y - a.y);
  for (let i = 1; i < sorted.length; i++) sorted[i].y = Math.min(sorted[i].y, sorted[i - 1].y - least);
  return sorted;
}

// Round numbers from 0 up, at most so many and one.
function ticks(last, most) {
  const rough = last / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const pitch = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  return Array.from({ length: Math.floor(last / pitch) + 1 }, (_, n) => n * pitch);
}

export default { render };
