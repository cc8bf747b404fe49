// Draw with viz-js: node viz.js VIZ_GLOBAL_JS < [[engine, source], ...]; prints the SVG files as JSON.
const { instance } = require(process.argv[2]);
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
instance().then((viz) => {
  const drawn = asked.map(([engine, source]) => viz.renderString(source, { engine, format: "svg" }));
  process.stdout.write(JSON.stringify(drawn));
});
