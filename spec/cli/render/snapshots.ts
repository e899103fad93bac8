/** Builds states of pulls for the tests of the renderers. */
import {
  emptySnapshot,
  type LayerSnapshot,
  type LayerStatus,
  type PullSnapshot,
} from '../../../lib/events/index.js'

export const now = Date.UTC(2026, 0, 1)

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`

export const layer = (
  letter: string,
  status: LayerStatus,
  current = 0,
  more: Partial<LayerSnapshot> = {},
): LayerSnapshot => ({
  digest: digest(letter),
  status,
  current,
  total: 4_000_000,
  fetched: current,
  unpacked: 0,
  ...more,
})

export const pulling = (
  layers: readonly LayerSnapshot[],
  more: Partial<PullSnapshot> = {},
): PullSnapshot => ({
  ...emptySnapshot,
  phase: 'pulling',
  seq: 9,
  reference: 'docker.io/library/alpine:3.20',
  platform: 'linux/amd64',
  manifests: [{ digest: digest('f'), mediaType: 'm', size: 1, host: 'registry-1.docker.io' }],
  layers,
  totals: {
    fetched: layers.reduce((sum, { fetched }) => sum + fetched, 0),
    total: layers.length * 4_000_000,
    ...{ toDownload: 0, toUnpack: 0, unpacked: 0, fraction: 0.425 },
  },
  pace: {
    ...{ since: now - 10_000, at: now, latency: 0, downloads: 3, unpacks: 2 },
    download: { bytes: 20_000_000, milliseconds: 10_000 },
    downloadBy: [],
    unpack: { bytes: 0, milliseconds: 0 },
    unpackHeld: { bytes: 0, milliseconds: 0 },
  },
  ...more,
})
