// What the scripts of interactive figures share, inlined in each: see nbs/lib/report.ipynb.
// Around it are the elements `root`, `controls` and `spoken`, and the text `label`.

// A new element in `parent`: SVG within SVG, HTML elsewhere.
function add(parent, tag, attributes = {}, text = '') {
  const svg = 'http://www.w3.org/2000/svg'
  const isSvg = tag === 'svg' || parent.namespaceURI === svg
  const made = isSvg ? document.createElementNS(svg, tag) : document.createElement(tag)
  Object.entries(attributes).forEach((pair) => made.setAttribute(...pair))
  made.textContent = text
  parent.append(made)
  return made
}

// The `d` of a line through points of the drawing.
function path(points) {
  return 'M' + points.map((point) => point.map((v) => v.toFixed(1))).join('L')
}

// About five round numbers in a range.
function roundNumbers([low, high]) {
  const power = 10 ** Math.floor(Math.log10((high - low) / 5))
  const step = power * [1, 2, 5, 10].find((n) => n * power * 5.01 >= high - low)
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return Array.from({ length: count }, (_, i) => +((first + i) * step).toPrecision(9))
}

// Labelled axes of two ranges; ticks are numbers, or pairs of a number and a text.
function axes({ x, y, xLabel, yLabel, xTicks, yTicks, height = 340 }) {
  const width = Math.min(root.clientWidth || 680, 680)
  const [left, right, top, bottom] = [64, width - 16, 12, height - 48]
  const box = { viewBox: `0 0 ${width} ${height}`, width, height }
  const svg = add(root, 'svg', { ...box, role: 'img', 'aria-label': label })
  const scale = ([low, high], from, to) => (v) =>
    from + ((v - low) / (high - low)) * (to - from)
  const [toX, toY] = [scale(x, left, right), scale(y, bottom, top)]
  const middle = { 'text-anchor': 'middle' }
  for (const [v, text = v] of (xTicks ?? roundNumbers(x)).map((t) => [t].flat())) {
    add(svg, 'line', { x1: toX(v), x2: toX(v), y1: top, y2: bottom, class: 'grid' })
    add(svg, 'text', { x: toX(v), y: bottom + 18, ...middle }, text)
  }
  for (const [v, text = v] of (yTicks ?? roundNumbers(y)).map((t) => [t].flat())) {
    add(svg, 'line', { x1: left, x2: right, y1: toY(v), y2: toY(v), class: 'grid' })
    add(svg, 'text', { x: left - 8, y: toY(v) + 4, 'text-anchor': 'end' }, text)
  }
  add(svg, 'text', { x: (left + right) / 2, y: height - 8, ...middle }, xLabel)
  const turned = `translate(14 ${(top + bottom) / 2}) rotate(-90)`
  add(svg, 'text', { transform: turned, ...middle }, yLabel)
  return { svg, x: toX, y: toY, plane: add(svg, 'g') }
}

// Show a sentence below the figure; screen readers read it.
function say(text, live = 'polite') {
  spoken.setAttribute('aria-live', live)
  spoken.textContent = text
}

// Call `update` with the values of the inputs, now and whenever one changes.
function watch(update) {
  const read = (input) =>
    input.type === 'checkbox' ? input.checked
    : input.type === 'range' ? input.valueAsNumber : input.value
  const inputs = [...controls.querySelectorAll('[name]')]
  const changed = () => {
    const chosen = inputs.filter((input) => input.type !== 'radio' || input.checked)
    update(Object.fromEntries(chosen.map((input) => [input.name, read(input)])))
  }
  controls.addEventListener('input', changed)
  changed()
}

const directions = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

// The nearest mark in a direction, or the mark itself.
function neighbour(mark, marks, [right, down]) {
  const centre = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return [x + width / 2, y + height / 2]
  }
  const [x, y] = centre(mark)
  const distance = (other) => {
    const [dx, dy] = [centre(other)[0] - x, centre(other)[1] - y]
    const ahead = dx * right + dy * down
    return ahead > 1 ? ahead + 3 * Math.abs(dx * down + dy * right) : Infinity
  }
  const nearer = (best, other) => (distance(other) < distance(best) ? other : best)
  return marks.reduce(nearer, mark)
}

// Marks that say what they are under the mouse, at a touch, and by arrow keys.
function explore(marks, describe) {
  marks[0].ownerSVGElement.setAttribute('role', 'group')
  const tell = (i) => say(describe(i), 'off')
  marks.forEach((mark, i) => {
    const named = { role: 'img', 'aria-label': describe(i), tabindex: i ? -1 : 0 }
    Object.entries(named).forEach((pair) => mark.setAttribute(...pair))
    mark.addEventListener('pointerenter', () => tell(i))
    mark.addEventListener('focus', () => tell(i))
    mark.addEventListener('keydown', (event) => {
      if (!directions[event.key]) return
      event.preventDefault()
      neighbour(mark, marks, directions[event.key]).focus()
    })
  })
}
