-- What Quarto's markdown adds to pandoc's: callouts, numbered cross references, links between source files.
-- A reference that leads nowhere becomes a warning in pandoc's own form; build.py fails on any warning.

local kinds = {fig = 'Figure', tbl = 'Table', eq = 'Equation', sec = 'Section'}
local callouts = {note = 'Note', tip = 'Tip', warning = 'Warning', important = 'Important', caution = 'Caution'}
local counts = {fig = 0, tbl = 0, eq = 0}
local names = {}  -- identifier -> the inlines that a reference to it shows
local root = tostring(PANDOC_WRITER_OPTIONS.variables.root or '')
local site = tostring(PANDOC_WRITER_OPTIONS.variables.site)

local function kind(id) return id:match('^(%a+)%-') or '' end
local function attr(id, class, extra) return pandoc.Attr(id, {class}, extra or {}) end
local function scroll(block) return pandoc.Div({block}, attr('', 'scroll', {tabindex = '0'})) end

-- Number a thing of its kind and remember its name for references; nil if its kind has no numbers
local function enumerate(id)
  local k = kind(id)
  if not counts[k] then return nil end
  counts[k] = counts[k] + 1
  names[id] = {pandoc.Str(kinds[k] .. '\u{a0}' .. counts[k])}
  return names[id][1].text
end

-- A figure of any content, with a numbered caption
local function float(content, caption, id)
  local name = enumerate(id)
  if name then caption = pandoc.List{pandoc.Strong(name .. ':'), pandoc.Space()} .. caption end
  return pandoc.Figure(content, {long = {pandoc.Plain(caption)}}, attr(id, kind(id) == 'tbl' and 'table' or 'float'))
end

-- Display equations leave their paragraph, so that they can carry a number and scroll
local function equations(para)
  local blocks = pandoc.List{pandoc.Para{}}
  for _, x in ipairs(para.content) do
    local text = blocks[#blocks].content
    local id = x.t == 'Str' and x.text:match('^{#(eq%-[%w_-]+)}$')
    if x.t == 'Math' and x.mathtype == 'DisplayMath' then
      blocks:extend{pandoc.Div({pandoc.Plain{x}}, attr('', 'equation', {tabindex = '0'})), pandoc.Para{}}
    elseif id and #text == 0 and #blocks > 1 then
      enumerate(id)
      blocks[#blocks - 1].identifier = id
      blocks[#blocks - 1].content:insert(pandoc.Plain('(' .. counts.eq .. ')'))
    elseif #text > 0 or not (x.t == 'Space' or x.t == 'SoftBreak') then
      text:insert(x)
    end
  end
  return #blocks > 1 and blocks:filter(function(b) return #b.content > 0 end) or nil
end

local function callout(div, name)
  local title = div.content[1] and div.content[1].t == 'Header' and div.content:remove(1).content
  local fold = div.attributes.collapse
  local tag = fold and 'summary' or 'p'
  local blocks = pandoc.List{
    pandoc.Plain{pandoc.RawInline('html', '<' .. tag .. ' class="callout-title">'),
      pandoc.Span(div.attributes.title or title or callouts[name]), pandoc.RawInline('html', '</' .. tag .. '>')},
    pandoc.Div(div.content, attr('', 'callout-body'))}
  if fold then
    blocks:insert(1, pandoc.RawBlock('html', fold == 'false' and '<details open>' or '<details>'))
    blocks:insert(pandoc.RawBlock('html', '</details>'))
  end
  return pandoc.Div(blocks, pandoc.Attr(div.identifier, {'callout', 'callout-' .. name}))
end

-- First pass, from the top of the page to its end: build and number
local function build(doc) return doc:walk{
  traverse = 'topdown',
  Para = equations,
  Figure = function(f) return float(f.content, pandoc.utils.blocks_to_inlines(f.caption.long), f.identifier), false end,
  Table = function(t)
    local caption, id = pandoc.utils.blocks_to_inlines(t.caption.long), t.identifier
    t.caption, t.identifier = {long = {}}, ''
    return caption[1] and float({scroll(t)}, caption, id) or scroll(t), false
  end,
  Div = function(d)
    local name = table.concat(d.classes, ' '):match('callout%-(%a+)')
    if callouts[name or ''] then return callout(d, name) end
    local last = d.content[#d.content]
    if not last or last.t ~= 'Para' or not (counts[kind(d.identifier)] or d.classes:includes('float')) then return nil end
    d.content:remove()
    return float(d.content, last.content, d.identifier)
  end}
end

-- Second pass: references show names; links to source files and to this site's address stay within it
local function cite(c)
  local out = pandoc.List{}
  for i, x in ipairs(c.citations) do
    if not kinds[kind(x.id)] then return nil end
    if not names[x.id] then io.stderr:write('[WARNING] unresolved reference @' .. x.id .. '\n') end
    if i > 1 then out:insert(pandoc.Str(', ')) end
    if x.prefix[1] then out:extend(x.prefix .. {pandoc.Space()}) end
    out:insert(names[x.id] and pandoc.Link(names[x.id], '#' .. x.id, '', attr('', 'xref')) or pandoc.Str(x.id .. '?'))
    out:extend(x.suffix)
  end
  return out
end
local function alt(i)
  i.attributes.alt, i.attributes['fig-alt'] = i.attributes['fig-alt'] or i.attributes.alt, nil
  return i
end
local function link(l)
  local to = l.target
  if to:sub(1, #site) == site then
    to = to:sub(#site + 1):gsub('^/?$', '/index.html')
    to = to:gsub('(#[%w_]+)%.[%w_]+$', '%1')  -- a method stands with its class
  end
  to = to:gsub('^/', root)
  if not to:match('^%a+:') then to = to:gsub('%.ipynb$', '.html'):gsub('%.ipynb#', '.html#'):gsub('%.qmd', '.html') end
  l.target = to
  l.content = l.content:walk{Image = alt}
  return l, false
end
-- A picture opens in full size
local function image(i)
  i = alt(i)
  return i.classes:includes('small') and i or pandoc.Link({i}, i.src, '', attr('', 'full')), false
end

function Pandoc(doc)
  return build(doc):walk{traverse = 'topdown', Cite = cite, Link = link, Image = image}
end
