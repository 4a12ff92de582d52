// Drawings of maps: all of a layer side by side, and a map as a tint over the picture.

const GAP = 0xff888888; // colours of one number: alpha, blue, green, red
const CHOSEN = 0xff54b4ff;

// Each map on a grey ramp from 0 to the layer's largest number; its root, so that weak ones show.
function mosaic(tall, wide, count) {
  const across = Math.min(count, count > 16 ? 16 : 8);
  const down = Math.ceil(count / across);
  const canvas = element("canvas", {
    role: "img",
    "aria-label": `${count} maps of ${tall} × ${wide}`,
    width: across * (wide + 1) + 1,
    height: down * (tall + 1) + 1,
  });
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const at = (map, row, column) =>
    (Math.floor(map / across) * (tall + 1) + row) * canvas.width + (map % across) * (wide + 1) + column;
  canvas.place = (event) => {
    const [y, x] = pointed(canvas, event);
    return [Math.floor(y * down), Math.floor(x * across)];
  };
  function frame(map) {
    for (let row = 0; row < tall + 2; row++)
      pixels.fill(CHOSEN, at(map, row, 0), at(map, row, wide + 2));
  }
  function show({ maps }, chosen = null) {
    const top = maps.reduce((a, b) => Math.max(a, b), 1e-9);
    pixels.fill(GAP);
    if (chosen !== null) frame(chosen);
    for (let map = 0, from = 0; map < count; map++)
      for (let row = 1; row <= tall; row++) {
        const to = at(map, row, 1);
        for (let column = 0; column < wide; column++, from++)
          pixels[to + column] = 0xff000000 + 0x010101 * Math.round(255 * Math.sqrt(maps[from] / top));
      }
    context.putImageData(image, 0, 0);
    canvas.numbers = maps;
  }
  return { canvas, across, show };
}

// Orange above zero and blue below; the larger, the denser, up to `most`.
function tint(places, tall, wide, most) {
  const small = element("canvas", { width: wide, height: tall });
  const context = small.getContext("2d");
  const image = context.createImageData(wide, tall);
  places.forEach((value, i) => {
    const colour = value > 0 ? [255, 150, 40] : [70, 160, 255];
    image.data.set([...colour, (200 * Math.abs(value)) / most], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return small;
}

const largest = (numbers) => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
