-- What both builders of the site (Quarto and site/build.py) mend in a page's content.

local titles = {}  -- identifier -> title of the section

-- nbdev pads signatures, links names inside their comments, writes *args as args:VAR_POSITIONAL, and types that
-- say nothing
local function signature(code)
  code.text = code.text:gsub('^%s*\n', ''):gsub('%s+$', ''):gsub('%(\n%s*\n%)', '()')
    :gsub('%[(`[^`]+`)%]%(http[^)]*%)', '%1')
    :gsub('([%w_]+):VAR_POSITIONAL', '*%1'):gsub('([%w_]+):VAR_KEYWORD', '**%1')
    :gsub(':Annotated([,=%)])', '%1'):gsub(':NoneType=None', '=None')
  return code
end

-- nbdev links private names too, but documents none
local function private(link)
  if link.target:match('/lib/[%w_-]+%.html#_') then return link.content end
end

-- A figure without a text for those who do not see it has its caption for one
local function described(figure)
  local caption = pandoc.utils.stringify(figure.caption.long)
  return figure:walk{Image = function(image)
    local own = pandoc.utils.stringify(image.caption)
    local attributes = image.attributes
    attributes['fig-alt'] = attributes['fig-alt'] or attributes.alt or (own ~= '' and own or caption)
    return image
  end}
end

-- Sections have no numbers: a reference shows the title
local function section(cite)
  local links = pandoc.List{}
  for i, citation in ipairs(cite.citations) do
    local title = titles[citation.id]
    if not (title and citation.id:match('^sec%-')) then return nil end
    if i > 1 then links:insert(pandoc.Str(', ')) end
    local quoted = pandoc.List{pandoc.Str('“')} .. title .. {pandoc.Str('”')}
    links:insert(pandoc.Link(quoted, '#' .. citation.id, '', pandoc.Attr('', {'xref'})))
  end
  return links
end

return {
  {
    Header = function(header) titles[header.identifier] = header.content end,
    CodeBlock = signature,
    Link = private,
    Figure = described,
  },
  {Cite = section},
}
