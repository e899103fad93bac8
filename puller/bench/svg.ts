/** Builds SVG documents from strings. */

const font = 'font-family="system-ui, sans-serif"'

/** Escapes text for SVG: image names come from users. */
export const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Returns a line of text at a position in pixels. */
export const label = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${font} font-size="12" ${more}>${escapeXml(content)}</text>`

/** Returns a document with a title in its first line. Sizes are in pixels. */
export function svgDocument(width: number, height: number, title: string, parts: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    label(12, 20, title, 'font-weight="600"'),
    ...parts,
    '</svg>\n',
  ].join('\n')
}

/** Estimates the width of a text of 12 pixels height, generously, because the font is not known. */
export const textWidth = (text: string): number => text.length * 6.8

/** An entry of a legend: a symbol of at most 14 by 12 pixels, drawn at the origin, and what it means. */
export interface LegendItem {
  readonly symbol: string
  readonly text: string
}

/** Places entries in rows of at most `width` pixels, from `top` on, and returns them with the height of the rows. */
export function legendRows(
  items: readonly LegendItem[],
  width: number,
  top: number,
): { readonly parts: readonly string[]; readonly height: number } {
  const rowHeight = 18
  let [x, y] = [12, top]
  const parts = items.map(({ symbol, text }) => {
    const itemWidth = 18 + textWidth(text) + 18
    if (x > 12 && x + itemWidth > width) [x, y] = [12, y + rowHeight]
    const part = `<g transform="translate(${x},${y})">${symbol}${label(18, 11, text)}</g>`
    x += itemWidth
    return part
  })
  return { parts, height: y + rowHeight - top }
}
