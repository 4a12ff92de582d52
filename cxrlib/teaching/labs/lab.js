// Shared by the labs. Python puts this file and one lab's own file inline, inside one function,
// so that nothing here becomes a global of the page.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// A box with a look of its own, a named one, and one on a card.
const block = (look, ...children) => element("div", look && { class: look }, ...children);
const heading = (text) => element("p", { class: "lab-name" }, text);
const named = (name, ...parts) => block(null, heading(name), ...parts);
const soft = (text) => element("p", { class: "soft" }, text);
const press = (text, click) => element("button", { type: "button", click }, text);

// An output that is read out when it changes, and one that only the eye follows.
const live = (look) => element("output", { class: look, "aria-live": "polite" });
const quiet = (look) => element("output", { class: look, "aria-live": "off" });

let ids = 0;
const newId = (box) => `${box.id}-${++ids}`;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const total = (numbers) => numbers.reduce((a, b) => a + b, 0);

const relabel = (part, text) => part.setAttribute("aria-label", text);

function setAll(part, attributes) {
  for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
  return part;
}

// Where a pointer is on a box, down and across, as shares of its sides.
function pointed(box, event) {
  const { left, top, width, height } = box.getBoundingClientRect();
  return [(event.clientY - top) / height, (event.clientX - left) / width];
}

// Of several drawings the one whose `data-KEY` is wanted.
function showOnly(box, key, wanted) {
  for (const part of box.querySelectorAll(`[data-${key}]`))
    part.toggleAttribute("hidden", Number(part.dataset[key]) !== wanted);
}

// Said again only when it has changed: a slider on its way shall not be heard at each step.
function say(output, text) {
  if (output.textContent !== text) output.textContent = text;
}

// For what a pointer rewrites at each move: the eye sees the text at once (its own element is
// aria-live="off"), and those who listen hear this hidden one when it has come to rest.
function spoken() {
  const region = element("output", { class: "spoken", "aria-live": "polite" });
  let rest;
  region.tell = (text) => {
    clearTimeout(rest);
    rest = setTimeout(() => say(region, text), 400);
  };
  return region;
}

// A finger that goes up or down scrolls the page; one that goes sideways moves what it touches.
function sideways() {
  let start = null;
  return {
    begin: (event) => (start = event.pointerType === "touch" ? [event.clientX, event.clientY] : null),
    waits: (event) => {
      if (start === null) return false;
      const [right, down] = [event.clientX - start[0], event.clientY - start[1]];
      if (Math.abs(right) > Math.abs(down)) start = null;
      return start !== null;
    },
    waiting: () => start !== null,
    end: () => (start = null),
  };
}

// ---- numbers, to read and to type

function shown(number, digits = 3) {
  const rounded = Number(number.toFixed(digits));
  return withMinus(String(rounded === 0 ? 0 : rounded));
}

// In a product a negative number wants brackets: 3 × (−2).
const bracketed = (number, digits) =>
  number < 0 ? `(${shown(number, digits)})` : shown(number, digits);

// The shortest text of a number with at most so many digits behind the point.
const short = (number, digits = 4) => String(Number(number.toFixed(digits)));

// 0.5 stays 0.5, but a third is 1/3 and not 0.333333.
function weightText(weight) {
  if (Number(short(weight)) === weight) return short(weight);
  for (let below = 3; below <= 16; below++) {
    const above = Math.round(weight * below);
    if (Math.abs(weight * below - above) < 1e-12) return `${above}/${below}`;
  }
  return short(weight, 6);
}

const withMinus = (text) => text.replace("-", "−");

function parseNumber(text, low, high, whole = false) {
  const tidy = text.trim().replace(",", ".").replace(/^[−–]/, "-");
  const quoted = `“${text.trim().slice(0, 20)}”`;
  if (tidy === "") return { problem: "The field is empty." };
  const fraction = /^([-+]?\d+)\/(\d+)$/.exec(tidy);
  const plain = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(tidy);
  if (!fraction && !plain) return { problem: `${quoted} is not a number.` };
  const value = fraction ? fraction[1] / fraction[2] : Number(tidy);
  if (!(value >= low && value <= high)) {
    return { problem: `${quoted} is outside ${shown(low)} to ${shown(high)}.` };
  }
  if (whole && !Number.isInteger(value)) return { problem: `${quoted} is not a whole number.` };
  return { value };
}

// A field that never passes on anything but a number; what is wrong stands in `problem`.
function numberField(options) {
  const { label, low, high, whole, write = String, problem, where = "", changed } = options;
  let good;
  const field = element("input", {
    class: "lab-number",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": label,
    "aria-describedby": problem.id,
    input: () => {
      const read = parseNumber(field.value, low, high, whole);
      tell(read.problem);
      if (!read.problem) changed((good = read.value));
    },
  });
  const tell = (trouble) => {
    if (trouble) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    problem.textContent = trouble ? `${where}${trouble} Still using ${withMinus(write(good))}.` : "";
  };
  field.put = (next) => {
    const typing = document.activeElement === field && field.hasAttribute("aria-invalid");
    if (next === good && (typing || parseNumber(field.value, low, high, whole).value === next))
      return;
    good = next;
    field.value = withMinus(write(next));
    tell("");
  };
  return field;
}

const problemLine = (box) => element("p", { class: "problem", id: newId(box), role: "alert" });

// `says` reads a value out with its unit. On a scale of powers of ten, `step` is one of powers.
function slider(box, options) {
  const { label, low, high, step, whole = step === 1, says, changed, powers } = options;
  const [place, valueAt] = powers
    ? [Math.log10, (power) => clamp(Number((10 ** power).toPrecision(2)), low, high)]
    : [Number, Number];
  const problem = problemLine(box);
  const id = newId(box);
  const input = () => changed(valueAt(Number(range.value)));
  const [min, max] = [low, high].map(place);
  const range = element("input", { type: "range", id, min, max, step, input });
  const field = numberField({ ...options, label: `${label}, typed`, whole, problem });
  const name = element("label", { for: id, class: "lab-name" }, label);
  const both = block("slider", name, range, field, problem);
  both.freeze = (on) => [range, field].forEach((part) => (part.disabled = on));
  both.put = (next) => {
    range.value = place(next);
    if (says) range.setAttribute("aria-valuetext", says(next));
    field.put(next);
  };
  return both;
}

// Makes sliders that each turn one key of the state: knob("bias", "Bias, b", [-5, 5], ...).
const turning = (box, put) => (key, label, [low, high], more) =>
  slider(box, { label, low, high, changed: (value) => put({ [key]: value }), ...more });

// ---- a choice of a few, as radio buttons

const fieldset = (legend, ...children) =>
  element("fieldset", null, element("legend", null, legend), block("pills", ...children));

// Each option is a key with its text, or a key alone. `attributes` are those of each input.
function options(legend, pairs, attributes, isOn) {
  const keys = pairs.map((pair) => [pair].flat()[0]);
  const inputs = keys.map((key) => element("input", { value: key, ...attributes(key) }));
  const labels = pairs.map((pair, i) =>
    element("label", { class: "pill" }, inputs[i], element("span", null, String([pair].flat().at(-1)))),
  );
  const whole = fieldset(legend, ...labels);
  whole.put = (state) => inputs.forEach((input, i) => (input.checked = isOn(keys[i], state)));
  return whole;
}

function pills(box, { legend, options: pairs, changed }) {
  const name = newId(box);
  const attributes = (key) => ({ type: "radio", name, change: () => changed(key) });
  return options(legend, pairs, attributes, (key, chosen) => key === chosen);
}

// A few switches, each on or off.
function switches({ legend, options: pairs, changed }) {
  const change = (key) => (event) => changed(key, event.target.checked);
  const attributes = (key) => ({ type: "checkbox", change: change(key) });
  return options(legend, pairs, attributes, (key, state) => Boolean(state[key]));
}

// Whole numbers below 65,536, two bytes each, low byte first.
function decodeWhole(packed) {
  const text = atob(packed);
  const value = (_, i) => text.charCodeAt(2 * i) + 256 * text.charCodeAt(2 * i + 1);
  return Array.from({ length: text.length / 2 }, value);
}

// ---- grey images

function decodeImage({ rows, columns, bytes }) {
  const text = atob(bytes);
  return { rows, columns, values: Float64Array.from(text, (letter) => letter.charCodeAt(0)) };
}

// A pixel of an image; beyond its edge everything is black.
const onPicture = ({ rows, columns }, row, column) =>
  row >= 0 && row < rows && column >= 0 && column < columns;
const pixelOf = (picture, row, column) =>
  onPicture(picture, row, column) ? picture.values[row * picture.columns + column] : 0;

function greyImage({ rows, columns, values }, low, high) {
  const small = element("canvas", { width: columns, height: rows });
  const context = small.getContext("2d");
  const image = context.createImageData(columns, rows);
  const span = high - low;
  values.forEach((value, i) => {
    const grey = span > 0 ? (255 * (value - low)) / span : 128;
    image.data.fill(grey, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  return small;
}

// A canvas whose unit is one pixel of the image, with `margin` pixels of room around it.
function pixelCanvas({ rows, columns }, margin, label) {
  const unit = Math.max(4, Math.round(576 / (Math.max(rows, columns) + 2 * margin)));
  const canvas = element("canvas", {
    role: "img",
    "aria-label": label,
    width: (columns + 2 * margin) * unit,
    height: (rows + 2 * margin) * unit,
  });
  const context = canvas.getContext("2d");
  canvas.redraw = (paint) => {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(unit, 0, 0, unit, margin * unit, margin * unit);
    context.imageSmoothingEnabled = false;
    paint(context);
  };
  canvas.place = (event) => {
    const [down, right] = pointed(canvas, event);
    return [down * (rows + 2 * margin) - margin, right * (columns + 2 * margin) - margin];
  };
  return canvas;
}

// Dark around bright, so that it shows on every grey; as thick on a phone as on a desk.
function frame(context, x, y, width, height, inner = 1) {
  const { canvas } = context;
  const thin = canvas.width / (canvas.clientWidth || 300) / context.getTransform().a;
  const around = (distance, thickness, colour) => {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(x - distance, y - distance, width + 2 * distance, height + 2 * distance);
  };
  around(1.25 * thin, 4.5 * thin, "#000");
  context.strokeStyle = "#ffb454";
  context.lineWidth = 0.8 * thin;
  for (let i = 1; i < inner; i++) {
    context.strokeRect(x, y + (height * i) / inner, width, 0);
    context.strokeRect(x + (width * i) / inner, y, 0, height);
  }
  around(1.25 * thin, 2 * thin, "#ffb454");
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// An arrow key moves by a step, with Shift by `far`; the page and the notebook don't see it.
function stepped(event, far, step) {
  if (!STEPS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  step(...STEPS[event.key].map((one) => one * (event.shiftKey ? far : 1)));
  event.preventDefault();
  event.stopPropagation();
}

// Mouse, finger and arrow keys on a drawing. A mouse that only passes by previews;
// pressing, touching and keys stay.
function pointable(content, { label, point, step, leave = () => {} }) {
  const drawing = content.place ? content : content.querySelector("canvas");
  const finger = sideways();
  const aim = (event) => {
    const pressed = event.buttons > 0 || event.pointerType === "touch"; // a pen hovers, too
    point(drawing.place(event), pressed);
  };
  return element(
    "div",
    {
      class: "lab-view",
      tabindex: 0,
      role: "application",
      "aria-label": label,
      pointerdown: (event) => {
        event.currentTarget.focus({ preventScroll: true, focusVisible: false });
        event.currentTarget.setPointerCapture(event.pointerId);
        finger.begin(event);
        if (!finger.waiting()) aim(event);
        event.preventDefault();
      },
      pointermove: (event) => finger.waits(event) || aim(event),
      pointerup: (event) => {
        if (finger.waiting()) aim(event);
        finger.end();
      },
      pointercancel: finger.end,
      pointerleave: leave,
      keydown: (event) => stepped(event, 5, step),
    },
    content,
  );
}

// The place that is looked at: a mouse that only passes by previews one, and anything else sets the
// one that stays. `tidy` makes a place of what was pointed at, `stay` keeps it, `show` draws.
function watched({ label, tidy, stay, moved, show }) {
  let passing = null;
  const go = (place, pressed) => {
    passing = pressed ? null : place;
    if (pressed) stay(place);
    show();
  };
  return {
    label,
    point: (place, pressed) => go(tidy(...place), pressed),
    step: (down, across) => go(moved(down, across), true),
    leave: () => {
      passing = null;
      show();
    },
    passing: () => passing,
  };
}

// The same for a cell of a result, whose row and column are in the state.
function watchedCell({ label, state, result, tidy, show }) {
  const within = (row, column) => [
    clamp(row, 0, result().rows - 1),
    clamp(column, 0, result().columns - 1),
  ];
  const stay = ([row, column]) => Object.assign(state, { row, column });
  const watch = watched({
    label: `Move the ${label}: arrow keys, mouse or finger. Shift moves it by five.`,
    tidy: (...place) => within(...tidy(...place)),
    moved: (down, across) => within(state.row + down, state.column + across),
    stay,
    show,
  });
  watch.cell = () => watch.passing() || [state.row, state.column];
  watch.stayWithin = () => stay(within(state.row, state.column));
  return watch;
}

// Below a drawing: a number, where it stands, and the same for those who listen.
function tellNumber(output, heard, text, value, [row, column], passing, of = "") {
  const where = ` in row ${row + 1}, column ${column + 1}${of}`;
  output.replaceChildren(text, element("span", { class: "soft" }, where));
  Object.assign(output.dataset, { value, row, column });
  if (!passing) heard.tell(output.textContent);
}

// "⌊(28 − 3) / 1⌋ + 1 = 26", for a window that stays inside.
const placesText = (length, size, stride, places) =>
  `⌊(${length} − ${size}) / ${stride}⌋ + 1 = ${places}`;

// A size of a result, by one formula for a square image and by two for another.
const sizeText = (rows, columns, down, across, result) =>
  `Size of the result: ${rows === columns ? down : `rows ${down}, columns ${across}`}, ` +
  `so ${result.rows} × ${result.columns} numbers.`;

// ---- the state in a link: page.html#kernel_lab=stride:2;padding:same

function stateInLink(name) {
  let hash;
  try {
    hash = decodeURIComponent(window.location.hash);
  } catch {
    return null;
  }
  const parts = hash.slice(1).split("&");
  const part = parts.find((one) => one.startsWith(`${name}=`));
  if (!part) return null;
  const pairs = part.slice(name.length + 1).split(";");
  return new Map(pairs.map((pair) => [pair.split(":", 1)[0], pair.slice(pair.indexOf(":") + 1)]));
}

// What a link says of a key, or what is present where the link makes no sense. `allowed` is a list
// of texts, or [low, high] of a number; with a third, it is a whole one.
function linked(text, allowed, present) {
  if (typeof allowed[0] === "string") return allowed.includes(text) ? text : present;
  const read = parseNumber(text || "", ...allowed);
  return read.problem ? present : read.value;
}

// Inside a notebook's frame the address is not the page's own, so only the text is offered.
function pageAddress() {
  const framed = window.self !== window.top || document.body.hasAttribute("data-jp-theme-light");
  const { protocol, host, pathname } = window.location;
  if (framed || !/^(https?|file):$/.test(protocol)) return null;
  return `${protocol}//${host}${pathname}`;
}

function linkRow(box, write) {
  const text = element("input", {
    type: "text",
    readonly: true,
    hidden: true,
    "aria-label": "Link to this state",
  });
  const answer = live("soft");
  const offer = (sentence) => {
    answer.textContent = sentence;
    text.select();
  };
  const copy = () => {
    const page = pageAddress();
    const pairs = Object.entries(write()).map(([key, value]) => `${key}:${value}`);
    text.value = `${page || ""}#${box.dataset.name}=${pairs.join(";")}`;
    text.hidden = false;
    if (!page) return offer("Copy this text and put it behind the address of the book's page.");
    if (!navigator.clipboard) return offer("Copy this text.");
    return navigator.clipboard.writeText(text.value).then(
      () => offer("Copied."),
      () => offer("Copy this text."),
    );
  };
  const row = block("lab-link", press("Copy link to this state", copy), answer, text);
  const outdated = (event) => {
    if (row.contains(event.target)) return;
    text.hidden = true;
    answer.textContent = "";
  };
  for (const kind of ["input", "pointerdown", "keydown"]) box.addEventListener(kind, outdated);
  return row;
}

// Put a lab's parts on the page, and below them a link to what `write` says of its state.
const furnish = (box, write, ...parts) =>
  box.querySelector(".lab-body").replaceChildren(...parts, linkRow(box, write));

// Show the first state, or that of the link the page was opened with, and follow any link that is
// opened later: `put` gets the state that is allowed of it, and the link itself.
function begin(box, state, allowed, put) {
  const follow = () => {
    const found = stateInLink(box.dataset.name);
    if (!found) return;
    const read = ([key, range]) => [key, linked(found.get(key), range, state[key])];
    put(Object.fromEntries(Object.entries(allowed).map(read)), found);
    box.scrollIntoView({ block: "nearest" });
  };
  window.addEventListener("hashchange", follow);
  put({});
  follow();
}
