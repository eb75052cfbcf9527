// What tests ask of a page in a browser.

// Elements that reach beyond the right edge of the screen and do not scroll by themselves.
function wider() {
  const scrolls = (element) => {
    for (let a = element.parentElement; a; a = a.parentElement) {
      if (getComputedStyle(a).overflowX !== 'visible') return true
    }
    return false
  }
  const page = document.documentElement
  const edge = page.clientWidth + 1
  if (page.scrollWidth > edge) return [`the page scrolls to ${page.scrollWidth} px`]
  return [...document.querySelectorAll('body *')]
    .filter((e) => !scrolls(e) && e.checkVisibility())
    .filter((e) => e.getBoundingClientRect().right > edge)
    .map((e) => e.outerHTML.slice(0, 80))
}

// Code and printed outputs that are cut off.
function clipped() {
  return [...document.querySelectorAll('pre')]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map((e) => e.textContent.slice(0, 60))
}

// What a post lacks on its first screen: its whole picture, and all of three points.
function missingAtFirst() {
  const main = document.querySelector('main')
  const picture = main.querySelector('figure img, .cell-output-display img')
  const list = [...main.querySelectorAll('ul')].find((ul) => !ul.closest('nav'))
  const missing = []
  if (!(picture?.getBoundingClientRect().bottom <= innerHeight)) missing.push('picture')
  const third = list?.children[2]?.getBoundingClientRect()
  if (!(third?.bottom <= innerHeight)) missing.push('three points')
  return missing
}

// Texts whose contrast is below 4.5, as WCAG 2.1 measures it; tints are seen through.
function faint() {
  const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => linear(v / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const over = (top, below) => {
    const opacity = top[3] ?? 1
    return top.slice(0, 3).map((v, i) => v * opacity + below[i] * (1 - opacity))
  }
  const background = (element) => {
    if (!element) return [255, 255, 255]
    const own = parse(getComputedStyle(element).backgroundColor)
    return over(own, background(element.parentElement))
  }
  const found = new Set()
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement
    const isShown = walk.currentNode.data.trim() && element.checkVisibility()
    if (!isShown || element.closest('.paper, math, script, style')) continue
    const text = parse(getComputedStyle(element).color).slice(0, 3)
    const lights = [light(text), light(background(element))].sort((x, y) => y - x)
    const contrast = (lights[0] + 0.05) / (lights[1] + 0.05)
    if (contrast < 4.5) {
      found.add(`${element.tagName}.${element.className} ${contrast.toFixed(1)}`)
    }
  }
  return [...found]
}
