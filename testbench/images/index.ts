/** Provides the real test images, each built on first use. */
import { appLayers } from './app.js'
import { baseLayers } from './base.js'
import { bigLayers } from './big.js'
import { buildImage } from './build-image.js'
import { linkedLayers } from './linked.js'
import { manyLayers } from './many.js'
import type { TestImage } from './test-image.js'

export const baseImage = (): Promise<TestImage> => buildImage('base', baseLayers)
export const appImage = (): Promise<TestImage> => buildImage('app', appLayers)
export const linkedImage = (): Promise<TestImage> =>
  buildImage('linked', linkedLayers, { forms: ['oci-gzip', 'oci-plain', 'v2s2-gzip'] })
export const manyImage = (): Promise<TestImage> => buildImage('many', manyLayers)
/** Takes some seconds and 1 GiB of disk to build. Only the test of memory uses it. */
export const bigImage = (): Promise<TestImage> =>
  buildImage('big', bigLayers, { forms: ['oci-gzip'], unpacked: false })
