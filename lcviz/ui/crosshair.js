// Where the pointer is over one picture of a patch, a crosshair shows the same place in the others.
// The page's script may run often in one browser; the listener is added once.
if (!window.lcvizCrosshair) {
    window.lcvizCrosshair = true;
    document.addEventListener("pointermove", function (event) {
        const frame = event.target.closest && event.target.closest(".lcviz-pictures .frame");
        document.querySelectorAll(".lcviz-pictures").forEach(function (grid) {
            const pointed = grid.contains(frame);
            grid.classList.toggle("pointed", pointed);
            if (pointed) {
                const box = frame.getBoundingClientRect();
                grid.style.setProperty("--x", 100 * (event.clientX - box.left) / box.width + "%");
                grid.style.setProperty("--y", 100 * (event.clientY - box.top) / box.height + "%");
            }
        });
    });
}
