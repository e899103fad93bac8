/** Codecs for documents from outside, and functions that make text from outside safe to display. */
export { isTooDeep } from './json-text.js'
export { printable, quoted, maxImageNameLength } from './printable.js'
