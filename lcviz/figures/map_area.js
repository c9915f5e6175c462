// An area drawn on a Leaflet map by its corners, or taken from what the map shows. It tells the page
// as Leaflet's drawing plugin would: by the event draw:created.
function areaTool(map, colour) {
    const frame = map.getContainer();
    const tool = L.control({position: "topleft"});
    const style = {color: colour, weight: 2, dashArray: "5 4", interactive: false};
    let bar, button, corners = null, drawn = null;
    function tell(layer, box) {
        layer.feature = {type: "Feature", properties: {drawn: Date.now(), box: box}};
        map.fire("draw:created", {layer: layer, layerType: box ? "rectangle" : "polygon"});
    }
    function arm(on) {
        corners = on ? [] : null;
        if (drawn) { drawn.remove(); drawn = null; }
        button.setAttribute("aria-pressed", on);
        button.textContent = on ? "Click corners, then the first again" : "Draw a polygon";
        map.doubleClickZoom[on ? "disable" : "enable"]();
        frame.style.cursor = on ? "crosshair" : "";
    }
    function finish() {
        const done = corners;
        arm(false);
        if (done.length > 2) tell(L.polygon(done), false);
    }
    function add(text, press) {
        const made = L.DomUtil.create("a", "", bar);
        made.href = "#";
        made.textContent = text;
        made.setAttribute("role", "button");
        L.DomEvent.on(made, "click", function (event) {
            L.DomEvent.preventDefault(event);
            press();
        });
        return made;
    }
    tool.onAdd = function () {
        bar = L.DomUtil.create("div", "leaflet-bar lcviz-box-tool");
        L.DomEvent.disableClickPropagation(bar);
        button = add("Draw a polygon", () => arm(corners === null));
        add("Take what the map shows", () => tell(L.rectangle(map.getBounds()), true));
        return bar;
    };
    tool.addTo(map);
    map.on("click", function (event) {
        if (corners === null) return;
        const near = corners.length && map.latLngToContainerPoint(corners[0])
            .distanceTo(event.containerPoint) < 12;
        if (near && corners.length > 2) return finish();
        corners.push(event.latlng);
        if (drawn) drawn.setLatLngs(corners); else drawn = L.polygon(corners, style).addTo(map);
    });
    map.on("dblclick", () => { if (corners !== null) finish(); });
    frame.addEventListener("keydown", function (event) {
        if (corners === null) return;
        if (event.key === "Escape") arm(false);
        if (event.key === "Enter" && corners.length > 2) finish();
    });
}
