export { isTooDeep } from './json-text.js'
export { printable, quoted, titleLength } from './printable.js'
