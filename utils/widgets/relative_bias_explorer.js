// Four linked grids of numbers, drawn here without the kernel, which hears late (after LATE milliseconds without a
// change) which two cells are selected.

const LATE = 150;

const TEMPLATE = `
  <div class="parts">
    <div class="left">
      <figure class="window query"><h3>Query <i>i</i>: looks</h3></figure>
      <figure class="window key"><h3>Key <i>j</i>: is looked at</h3></figure>
      <figure class="table"><h3>Table: one entry per offset</h3></figure>
    </div>
    <figure class="index"><h3>Index: row <i>i</i>, column <i>j</i></h3></figure>
  </div>
  <p class="offset rows"></p>
  <p class="offset columns"></p>
  <p class="number"></p>
  <p class="sharing"></p>
  <p class="hint">Click a cell, an entry of the table or a pair of the index, or use the arrow keys.</p>
  <div class="spoken" aria-live="polite"></div>`;

function render({ model, el }) {
  el.classList.add("relative-bias-explorer");
  el.innerHTML = TEMPLATE;
  const find = (selector) => el.querySelector(selector);

  const [H, W] = model.get("_window");
  const N = H * W;
  const [rows, columns] = [2 * H - 1, 2 * W - 1]; // of the table
  const rowOf = (cell) => Math.floor(cell / W);
  const columnOf = (cell) => cell % W;
  const number = (i, j) => (rowOf(i) - rowOf(j) + H - 1) * columns + (columnOf(i) - columnOf(j) + W - 1);

  let query = model.get("query");
  let key = model.get("key");

  // Each grid: its size, what its cells show, its headings, which place is selected, and what selecting a place means
  const range = (first, count) => Array.from({ length: count }, (_, n) => first + n);
  const grids = [
    {
      figure: find("figure.query"), H, W, label: `window, ${H} rows of ${W} cells: the query`,
      text: (place) => place, at: () => query, choose: (place) => select(place, key),
    },
    {
      figure: find("figure.key"), H, W, label: `window, ${H} rows of ${W} cells: the key`,
      text: (place) => place, at: () => key, choose: (place) => select(query, place),
    },
    {
      figure: find("figure.table"), H: rows, W: columns, label: `table, ${rows} rows of ${columns} entries`,
      text: (place) => place, at: () => number(query, key), choose: pickOffset,
      top: range(1 - W, columns), side: range(1 - H, rows), names: ["rows", "columns"],
    },
    {
      figure: find("figure.index"), H: N, W: N, label: `index, ${N} rows of ${N} pairs`,
      text: (place) => number(Math.floor(place / N), place % N), at: () => query * N + key,
      choose: (place) => select(Math.floor(place / N), place % N),
      top: range(0, N), side: range(0, N), names: ["i", "j"],
    },
  ];
  for (const grid of grids) build(grid);

  function build(grid) {
    const area = document.createElement("div");
    area.className = "grid";
    Object.assign(area, { tabIndex: 0, role: "application" });
    area.dataset.lmSuppressShortcuts = "true";
    area.setAttribute("aria-roledescription", "grid of numbers");
    area.setAttribute("aria-label", `${grid.label}. Arrow keys move the selection, Home and End go to the first and the last.`);
    const heads = grid.top ? 1 : 0;
    area.style.gridTemplateColumns = `${heads ? "max-content " : ""}repeat(${grid.W}, minmax(0, 1fr))`;
    area.classList.toggle("small", grid.W > 9);
    const add = (className, text) => {
      const cell = document.createElement("span");
      cell.className = className;
      cell.textContent = text;
      area.append(cell);
      return cell;
    };
    if (heads) {
      add("head corner", `${grid.names[0]} \\ ${grid.names[1]}`);
      for (const value of grid.top) add("head", signed(value));
    }
    grid.cells = [];
    for (let place = 0; place < grid.H * grid.W; place++) {
      if (heads && place % grid.W === 0) add("head", signed(grid.side[place / grid.W]));
      const cell = add("cell", grid.text(place));
      cell.addEventListener("pointerdown", () => grid.choose(place));
      grid.cells.push(cell);
    }
    area.addEventListener("focus", say);
    area.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const place = grid.at();
      const steps = {
        ArrowLeft: place % grid.W === 0 ? 0 : -1,
        ArrowRight: place % grid.W === grid.W - 1 ? 0 : 1,
        ArrowUp: place < grid.W ? 0 : -grid.W,
        ArrowDown: place >= grid.W * (grid.H - 1) ? 0 : grid.W,
        Home: -place,
        End: grid.W * grid.H - 1 - place,
      };
      if (!(event.key in steps)) return;
      event.preventDefault();
      grid.choose(place + steps[event.key]);
    });
    grid.figure.append(area);
  }

  // Another offset: keep the query if a cell with that offset lies inside the window, else the first pair that has it.
  function pickOffset(entry) {
    const fits = (i, j) => number(i, j) === entry;
    const j = range(0, N).find((cell) => fits(query, cell));
    if (j !== undefined) return select(query, j);
    const pair = range(0, N * N).find((place) => fits(Math.floor(place / N), place % N));
    select(Math.floor(pair / N), pair % N);
  }

  // Drawing
  const sharing = () => range(0, N * N).filter((place) => number(Math.floor(place / N), place % N) === number(query, key));
  function draw() {
    const [windowOfQuery, windowOfKey, table, index] = grids;
    const entry = number(query, key);
    const shared = new Set(sharing());
    windowOfQuery.cells.forEach((cell, place) => cell.classList.toggle("query", place === query));
    windowOfKey.cells.forEach((cell, place) => cell.classList.toggle("key", place === key));
    table.cells.forEach((cell, place) => cell.classList.toggle("shared", place === entry));
    index.cells.forEach((cell, place) => {
      cell.classList.toggle("shared", shared.has(place));
      cell.classList.toggle("chosen", place === query * N + key);
    });
    const apart = (what, of, size) => {
      const difference = of(query) - of(key);
      return `${what}: ${of(query)} − ${of(key)} = ${signed(difference)}, and + ${size - 1} makes <b>${difference + size - 1}</b>`;
    };
    find(".rows").innerHTML = apart("Rows apart", rowOf, H);
    find(".columns").innerHTML = apart("Columns apart", columnOf, W);
    const [row, column] = [Math.floor(entry / columns), entry % columns];
    find(".number").innerHTML = `Entry: <b>${row}</b> · (2 · ${W} − 1) + <b>${column}</b> = <b>${entry}</b>`;
    find(".sharing").innerHTML = `Shared by <b>${shared.size}</b> of ${N * N} pairs`;
  }

  // What the learner does
  let timer = null;
  let telling = false; // between the two halves of a pair, when the model holds a pair that nobody chose
  function say() {
    find(".spoken").textContent =
      `query ${query}, key ${key}: ${signed(rowOf(query) - rowOf(key))} rows and ` +
      `${signed(columnOf(query) - columnOf(key))} columns apart, entry ${number(query, key)}, ` +
      `shared by ${sharing().length} of ${N * N} pairs`;
  }
  function tellKernel() {
    clearTimeout(timer);
    timer = null;
    telling = true;
    model.set("query", query);
    model.set("key", key);
    telling = false;
    model.save_changes();
  }
  function select(i, j) {
    if (i === query && j === key) return;
    [query, key] = [i, j];
    clearTimeout(timer);
    timer = setTimeout(tellKernel, LATE);
    draw();
    say();
  }

  // What the kernel or another view of this widget does
  const follow = () => {
    if (telling || (query === model.get("query") && key === model.get("key"))) return;
    [query, key] = [model.get("query"), model.get("key")];
    draw();
  };
  model.on("change:query", follow);
  model.on("change:key", follow);
  draw();

  return () => {
    if (timer !== null) tellKernel();
    model.off("change:query", follow);
    model.off("change:key", follow);
  };
}

const signed = (value) => String(value).replace("-", "−");

export default { render };
