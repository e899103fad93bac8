export { LayoutSource } from './layout-source.js'
