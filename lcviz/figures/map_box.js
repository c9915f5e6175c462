// A button on a Leaflet map that lets the next drag, by mouse or finger, draw a box. It tells the
// page as Leaflet's drawing plugin would: by the event draw:created.
function boxTool(map, colour, hint) {
    const frame = map.getContainer();
    const tool = L.control({position: "topleft"});
    let bar, button, armed = false, start = null, drawn = null;
    function arm(on) {
        armed = on;
        button.setAttribute("aria-pressed", on);
        button.textContent = on ? hint : "Draw a box";
        map.dragging[on ? "disable" : "enable"]();
        frame.style.cursor = on ? "crosshair" : "";
        frame.style.touchAction = on ? "none" : "";
    }
    tool.onAdd = function () {
        bar = L.DomUtil.create("div", "leaflet-bar lcviz-box-tool");
        button = L.DomUtil.create("a", "", bar);
        button.href = "#";
        button.setAttribute("role", "button");
        L.DomEvent.disableClickPropagation(bar);
        L.DomEvent.on(button, "click", function (event) {
            L.DomEvent.preventDefault(event);
            arm(!armed);
        });
        return bar;
    };
    tool.addTo(map);
    arm(false);
    function bounds(event) { return L.latLngBounds(start, map.mouseEventToLatLng(event)); }
    function stop(event) { event.preventDefault(); event.stopPropagation(); }
    frame.addEventListener("pointerdown", function (event) {
        if (!armed || bar.contains(event.target)) return;
        stop(event);
        frame.setPointerCapture(event.pointerId);
        start = map.mouseEventToLatLng(event);
        drawn = L.rectangle(bounds(event), {color: colour, weight: 2,
            dashArray: "5 4", interactive: false}).addTo(map);
    }, true);
    frame.addEventListener("pointermove", function (event) {
        if (start) { stop(event); drawn.setBounds(bounds(event)); }
    }, true);
    function end(event) {
        if (!start) return;
        stop(event);
        const box = bounds(event);
        drawn.remove();
        start = null;
        // The click that ends the drag is no click on a scene.
        frame.addEventListener("click", stop, {capture: true, once: true});
        setTimeout(function () { frame.removeEventListener("click", stop, true); }, 50);
        arm(false);
        const layer = L.rectangle(box);
        layer.feature = {type: "Feature", properties: {drawn: Date.now(), box: true}};
        map.fire("draw:created", {layer: layer, layerType: "rectangle"});
    }
    frame.addEventListener("pointerup", end, true);
    frame.addEventListener("pointercancel", end, true);
}
