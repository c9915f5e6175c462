// One tab stop for all scenes of a Leaflet map: arrow keys go to the next one that way, Enter or
// the space bar opens it. Without this each scene is a stop of its own.
function sceneKeys(map) {
    const stops = [];
    const ways = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
    function place(stop) {
        return map.latLngToContainerPoint(stop.layer.getLatLng());
    }
    function next(from, [right, down]) {
        const here = place(from);
        let best = null, nearest = Infinity;
        for (const stop of stops) {
            const there = place(stop), x = there.x - here.x, y = there.y - here.y;
            const along = x * right + y * down, aside = Math.abs(x * down) + Math.abs(y * right);
            if (stop !== from && along > 0 && along + 2 * aside < nearest) {
                nearest = along + 2 * aside;
                best = stop;
            }
        }
        return best;
    }
    function stopAt(stop) {
        stops.forEach(other => other.element.setAttribute("tabindex", other === stop ? 0 : -1));
        stop.element.focus();
        if (!map.getBounds().contains(stop.layer.getLatLng())) map.panInside(stop.layer.getLatLng());
    }
    function press(event, stop) {
        if (ways[event.key]) {
            const found = next(stop, ways[event.key]);
            if (found) stopAt(found);
        } else if (event.key === "Enter" || event.key === " ") {
            const frame = map.getContainer().getBoundingClientRect(), at = place(stop);
            stop.element.dispatchEvent(new MouseEvent("click", {
                bubbles: true, clientX: frame.left + at.x, clientY: frame.top + at.y
            }));
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();  // else the map moves, too
    }
    map.whenReady(function () {
        map.eachLayer(function (layer) {
            const element = layer.feature && layer.feature.properties.scene_id && layer.getElement();
            if (element) stops.push({layer, element});
        });
        stops.forEach(function (stop, i) {
            stop.element.setAttribute("tabindex", i ? -1 : 0);
            stop.element.setAttribute("role", "button");
            stop.element.setAttribute("aria-label", stop.layer.feature.properties.lines.join(", "));
            stop.element.addEventListener("keydown", event => press(event, stop));
            stop.element.addEventListener("click", function () {
                stops.forEach(other => other.element.setAttribute("tabindex", other === stop ? 0 : -1));
            });
        });
    });
}
