// A class map over its image: opacity and layer are changed here, at once; a pixel that is picked by
// click, touch or arrow keys is told to the page. Called again whenever the page's data change.
export default function ({ parentElement, data, setTriggerValue }) {
  const find = (name) => parentElement.querySelector("." + name);
  const frame = find("frame"), base = find("base"), over = find("over"), mark = find("mark");
  const range = find("opacity"), layers = find("layers"), percent = find("percent");
  const { rows, columns } = data;
  const state = (parentElement.lcviz = parentElement.lcviz || { layer: 0 });

  frame.style.aspectRatio = `${columns} / ${rows}`;
  frame.style.width = `min(100%, max(6rem, ${(34 * columns) / rows}rem))`;
  base.src = data.image;
  base.alt = data.title;

  state.layer = Math.min(state.layer, data.layers.length - 1);
  const showLayer = () => {
    over.src = data.layers[state.layer].uri;
    over.alt = data.layers[state.layer].name;
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
    percent.textContent = range.value + " %";
  };
  range.oninput = fade;
  fade();

  const place = (row, column) => {
    state.pixel = [row, column];
    mark.style.left = `${(100 * (column + 0.5)) / columns}%`;
    mark.style.top = `${(100 * (row + 0.5)) / rows}%`;
  };
  place(...data.pixel);
  const clamp = (value, end) => Math.max(0, Math.min(end - 1, value));
  frame.onclick = (event) => {
    const box = frame.getBoundingClientRect();
    const row = clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), rows);
    const column = clamp(Math.floor(((event.clientX - box.left) / box.width) * columns), columns);
    place(row, column);
    setTriggerValue("pixel", [row, column]);
  };
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  frame.onkeydown = (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const step = (event.shiftKey ? 10 : 1) * data.step;
    const [row, column] = state.pixel;
    place(clamp(row + step * move[0], rows), clamp(column + step * move[1], columns));
    // Told once the keys rest.
    clearTimeout(state.timer);
    state.timer = setTimeout(() => setTriggerValue("pixel", state.pixel), 250);
  };
}
