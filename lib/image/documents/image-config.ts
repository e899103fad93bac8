/**
 * Image configs: platform, runtime settings and diffIDs of an image (image-spec config.md). They are only data: no
 * setting has an effect on this program.
 */
import * as t from 'io-ts'
import { type ErrorSubject, WindlassError } from '../../errors.js'
import type { Digest } from '../digest/digest.js'
import { DigestCodec } from '../digest/digest-codec.js'
import { listOf } from '../../codec/list-of.js'
import { formatCount } from '../../quantities.js'
import type { Platform } from '../platform/platform.js'
import {
  type ReceiveNotice,
  withNoticedDefault,
  notify,
  withSilentDefault,
  record,
} from '../../codec/record-codec.js'
import { CommandCodec, StringListCodec } from '../../codec/string-list.js'
import { ObjectCodec, StringMapCodec } from '../../codec/string-map.js'

/** Codec for the settings with which a container of the image runs. */
const RuntimeConfigCodec = record(
  'a run-time config',
  {},
  {
    User: t.string,
    Env: StringListCodec,
    Entrypoint: CommandCodec,
    Cmd: CommandCodec,
    WorkingDir: t.string,
    StopSignal: t.string,
    Labels: StringMapCodec,
    ExposedPorts: ObjectCodec,
    Volumes: ObjectCodec,
  },
)

const HistoryCodec = record(
  'a history entry',
  {},
  {
    created: t.string,
    created_by: t.string,
    author: t.string,
    comment: t.string,
    empty_layer: t.boolean,
  },
)

/** Settings with which a container of the image runs. */
export type RuntimeConfig = Readonly<t.TypeOf<typeof RuntimeConfigCodec>>
/** A step in the build of an image. */
export type HistoryEntry = Readonly<t.TypeOf<typeof HistoryCodec>>

/** Config of an image. `os` and `architecture` are empty if the document has none. */
export interface ImageConfig extends Platform {
  readonly created?: string
  readonly author?: string
  readonly config?: RuntimeConfig
  readonly rootfs: {
    readonly type: 'layers'
    /** Digests of the uncompressed layers, base layer first. */
    readonly diff_ids: readonly Digest[]
  }
  /** Build steps, base layer first. Informational only. */
  readonly history?: readonly HistoryEntry[]
}

/** The rootfs of a config without one. `checkConfigAgainstLayers` recognizes it by identity. */
const noLayers: ImageConfig['rootfs'] = { type: 'layers', diff_ids: [] }

const RootfsCodec = record(
  'a rootfs',
  {
    type: withNoticedDefault<'layers'>(t.literal('layers'), 'layers', '"layers"'),
    diff_ids: withSilentDefault(listOf(DigestCodec, 'a list of diffIDs'), []),
  },
  {},
)

/**
 * Codec for `os` and `architecture`. A missing value decodes to an empty string, which the caller replaces by the
 * requested platform.
 */
const PlatformPartCodec = new t.Type<string, unknown, unknown>(
  'string',
  t.string.is,
  (value, context) => {
    if (value !== undefined && typeof value !== 'string')
      notify(context, 'expected string; the value is ignored')
    return t.success(typeof value === 'string' ? value : '')
  },
  t.identity,
)

/** Codec for an image config. Unknown fields are kept. */
export const ImageConfigCodec: t.Type<ImageConfig, unknown> = record(
  'an image config',
  {
    os: PlatformPartCodec,
    architecture: PlatformPartCodec,
    rootfs: withNoticedDefault(RootfsCodec, noLayers, 'one without layers'),
  },
  {
    variant: t.string,
    'os.version': t.string,
    'os.features': StringListCodec,
    created: t.string,
    author: t.string,
    config: RuntimeConfigCodec,
    history: listOf(withSilentDefault(HistoryCodec, {}), 'a list of history entries'),
  },
)

/**
 * Checks that a config matches the layers of its manifest. A history with more layers than diffIDs causes a notice
 * only, because the history has no effect.
 * @throws ROOTFS_MISMATCH if the number of diffIDs differs from the number of layers
 * @throws UNSUPPORTED if the config has no rootfs but the manifest has layers
 */
export function checkConfigAgainstLayers(
  config: ImageConfig,
  layers: { readonly length: number },
  subject: ErrorSubject = {},
  notice: ReceiveNotice = () => undefined,
): void {
  const ofReference = subject.reference === undefined ? '' : ` of ${subject.reference}`
  const diffIDs = config.rootfs.diff_ids.length
  const historyLayers = (config.history ?? []).filter((entry) => entry.empty_layer !== true).length
  if (historyLayers > diffIDs)
    notice(
      `history: it describes ${formatCount(historyLayers, 'layer')}, but the rootfs has ${formatCount(diffIDs, 'diffID')}`,
    )
  if (config.rootfs === noLayers && layers.length > 0)
    throw new WindlassError(
      'UNSUPPORTED',
      `${subject.reference ?? 'This'} is not a container image: its config has no rootfs, which lists the layers`,
      { ...subject, hint: 'If it is an artifact, fetch it with the tool that made it, or with “oras pull”.' },
    )
  if (diffIDs !== layers.length)
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `The config${ofReference} has ${formatCount(diffIDs, 'diffID')}, but the manifest has ${formatCount(layers.length, 'layer')}`,
      subject,
    )
}

/** Returns the platform in a config. */
export function platformOfConfig(config: ImageConfig): Platform {
  const { os, architecture, variant, 'os.version': version, 'os.features': features } = config
  return {
    os,
    architecture,
    ...(variant === undefined || variant === '' ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
    ...(features === undefined ? {} : { 'os.features': features }),
  }
}
