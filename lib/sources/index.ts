/** Sources of images other than registries. */
export { LayoutSource } from './layout-source.js'
