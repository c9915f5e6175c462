// An image beside its class map: opacity, layer, contrast and zoom are changed here, at once; a pixel
// that is picked by click, touch or arrow keys is told to the page. Called again whenever the page's
// data change.
export default function ({ parentElement, data, setTriggerValue }) {
  const all = (name) => [...parentElement.querySelectorAll("." + name)];
  const find = (name) => parentElement.querySelector("." + name);
  const frames = all("frame"), stages = all("stage"), marks = all("mark"), over = find("over");
  const range = find("opacity"), layers = find("layers"), percent = find("percent");
  const contrast = find("contrast"), caption = find("shown");
  const { rows, columns } = data;
  const fresh = { layer: 0, zoom: 1, centre: [0.5, 0.5], stretched: data.stretched };
  let state = parentElement.lcviz;
  if (!state || state.title !== data.title) state = { ...fresh, title: data.title };
  parentElement.lcviz = state;
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

  const height = "clamp(16rem, 47vh, 44rem)";
  find("panes").style.maxWidth = `max(12.75rem, calc(${(2 * columns) / rows} * ${height} + .75rem))`;
  for (const frame of frames) frame.style.aspectRatio = `${columns} / ${rows}`;

  const showImage = () => {
    for (const image of [find("base"), find("under")]) {
      image.src = state.stretched ? data.stretched_image : data.image;
    }
    find("base").alt = data.title;
    contrast.setAttribute("aria-pressed", state.stretched);
  };
  contrast.onclick = () => { state.stretched = !state.stretched; showImage(); };
  showImage();

  state.layer = Math.min(state.layer, data.layers.length - 1);
  const showLayer = () => {
    over.src = data.layers[state.layer].uri;
    over.alt = caption.textContent = data.layers[state.layer].name;
    [...layers.children].forEach((b, i) => b.setAttribute("aria-pressed", i === state.layer));
  };
  layers.replaceChildren(
    ...(data.layers.length > 1 ? data.layers : []).map((layer, i) => {
      const button = document.createElement("button");
      button.textContent = layer.name;
      button.onclick = () => { state.layer = i; showLayer(); };
      return button;
    })
  );
  showLayer();

  const fade = () => {
    over.style.opacity = range.value / 100;
    percent.textContent = range.value + "%";
  };
  range.oninput = fade;
  fade();

  const most = Math.max(1, Math.max(rows, columns) / 16);
  const look = () => {
    const z = (state.zoom = clamp(state.zoom, 1, most));
    state.centre = state.centre.map((c) => clamp(c, 0.5 / z, 1 - 0.5 / z));
    for (const stage of stages) {
      stage.style.width = stage.style.height = `${100 * z}%`;
      stage.style.left = `${100 * (0.5 - state.centre[0] * z)}%`;
      stage.style.top = `${100 * (0.5 - state.centre[1] * z)}%`;
    }
    for (const frame of frames) frame.style.touchAction = z > 1 ? "none" : "manipulation";
  };
  const zoom = (factor, at = state.centre) => {
    const z = clamp(state.zoom * factor, 1, most), share = state.zoom / z;
    state.centre = state.centre.map((c, i) => at[i] + (c - at[i]) * share);
    state.zoom = z;
    look();
  };
  find("in").onclick = () => zoom(2, spot());
  find("out").onclick = () => zoom(0.5);
  find("whole").onclick = () => zoom(1 / most);
  look();

  const spot = () => [(state.pixel[1] + 0.5) / columns, (state.pixel[0] + 0.5) / rows];
  const place = (row, column, follow) => {
    state.pixel = [row, column];
    const [x, y] = spot();
    for (const mark of marks) {
      mark.style.left = `${100 * x}%`;
      mark.style.top = `${100 * y}%`;
    }
    const seen = 0.5 / state.zoom;
    const away = Math.max(Math.abs(x - state.centre[0]), Math.abs(y - state.centre[1])) > seen;
    if (follow && away) {
      state.centre = [x, y];
      look();
    }
  };
  place(...data.pixel);
  // Where a pointer is, as shares of the raster's width and height. Browsers round down to whole
  // pixels of the screen: their middle is meant.
  const at = (event, stage) => {
    const box = stage.getBoundingClientRect();
    const [x, y] = [event.clientX, event.clientY].map((v) => Math.floor(v) + 0.5);
    return [(x - box.left) / box.width, (y - box.top) / box.height];
  };
  frames.forEach((frame, i) => {
    const stage = stages[i];
    let from = null, moved = false;
    frame.onpointerdown = (event) => {
      from = { x: event.clientX, y: event.clientY, centre: state.centre };
      moved = false;
    };
    frame.onpointermove = (event) => {
      if (!from || state.zoom <= 1) return;
      const dx = event.clientX - from.x, dy = event.clientY - from.y;
      if (!moved && Math.hypot(dx, dy) < 5) return;
      if (!moved) frame.setPointerCapture(event.pointerId);
      moved = true;
      const box = stage.getBoundingClientRect();
      state.centre = [from.centre[0] - dx / box.width, from.centre[1] - dy / box.height];
      look();
    };
    frame.onpointerup = frame.onpointercancel = () => { from = null; };
    frame.onclick = (event) => {
      if (moved) return;
      const [x, y] = at(event, stage);
      const row = clamp(Math.floor(y * rows), 0, rows - 1);
      const column = clamp(Math.floor(x * columns), 0, columns - 1);
      place(row, column);
      setTriggerValue("pixel", [row, column]);
    };
    // The wheel scrolls the page until the map has been clicked.
    frame.onwheel = (event) => {
      if (!frame.contains(frame.getRootNode().activeElement)) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, at(event, stage));
    };
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    frame.onkeydown = (event) => {
      if (event.key === "+" || event.key === "-") return zoom(event.key === "+" ? 2 : 0.5, spot());
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      const step = (event.shiftKey ? 10 : 1) * data.step;
      const [row, column] = state.pixel;
      place(
        clamp(row + step * move[0], 0, rows - 1),
        clamp(column + step * move[1], 0, columns - 1),
        true
      );
      // Told once the keys rest.
      clearTimeout(state.timer);
      state.timer = setTimeout(() => setTriggerValue("pixel", state.pixel), 250);
    };
  });
}
