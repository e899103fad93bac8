/**
 * Image configs: what the image is for, what it runs, and the diffIDs its layers must have. Data only: nothing in it is
 * ever acted upon here.
 */
import * as t from 'io-ts'
import { type ErrorSubject, WindlassError } from '../../errors.js'
import type { Digest } from '../digest/digest.js'
import { DigestCodec } from '../digest/digest-codec.js'
import { listOf } from '../../codec/list-of.js'
import type { Platform } from '../platform/platform.js'
import { type ReceiveNotice, filledIn, notify, orElse, record } from '../../codec/record-codec.js'
import { CommandCodec, StringListCodec } from '../../codec/string-list.js'
import { ObjectCodec, StringMapCodec } from '../../codec/string-map.js'

/** What a container of the image would run with. */
const RuntimeConfig = record(
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

const History = record(
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

export type RuntimeConfig = Readonly<t.TypeOf<typeof RuntimeConfig>>
export type HistoryEntry = Readonly<t.TypeOf<typeof History>>

export interface ImageConfig extends Platform {
  readonly created?: string
  readonly author?: string
  readonly config?: RuntimeConfig
  readonly rootfs: {
    readonly type: 'layers'
    /** Digests of the uncompressed layers, base first. */
    readonly diff_ids: readonly Digest[]
  }
  /** Base first. Tells how the image was made; nothing is decided by it. */
  readonly history?: readonly HistoryEntry[]
}

const noLayers: ImageConfig['rootfs'] = { type: 'layers', diff_ids: [] }

const Rootfs = record(
  'a rootfs',
  {
    type: filledIn<'layers'>(t.literal('layers'), 'layers', '"layers"'),
    diff_ids: orElse(listOf(DigestCodec, 'a list of diffIDs'), []),
  },
  {},
)

/** Empty where the config does not say: who reads it knows what the image was asked for. */
const PlatformPart = new t.Type<string, unknown, unknown>(
  'string',
  t.string.is,
  (value, context) => {
    if (value !== undefined && typeof value !== 'string')
      notify(context, 'expected string; the value is ignored')
    return t.success(typeof value === 'string' ? value : '')
  },
  t.identity,
)

/** Unknown fields are kept (image-spec config.md). */
export const ImageConfigCodec: t.Type<ImageConfig, unknown> = record(
  'an image config',
  {
    os: PlatformPart,
    architecture: PlatformPart,
    rootfs: filledIn(Rootfs, noLayers, 'one without layers'),
  },
  {
    variant: t.string,
    'os.version': t.string,
    'os.features': StringListCodec,
    created: t.string,
    author: t.string,
    config: RuntimeConfig,
    history: listOf(orElse(History, {}), 'a list of history entries'),
  },
)

/**
 * Refuses a config that cannot belong to `layers`: `ROOTFS_MISMATCH`. A history that tells of more layers is a notice:
 * nothing is made of it.
 */
export function checkConfigAgainstLayers(
  config: ImageConfig,
  layers: { readonly length: number },
  subject: ErrorSubject = {},
  notice: ReceiveNotice = () => undefined,
): void {
  const of = subject.reference === undefined ? '' : ` of ${subject.reference}`
  const diffIDs = config.rootfs.diff_ids.length
  const filled = (config.history ?? []).filter((entry) => entry.empty_layer !== true).length
  if (filled > diffIDs) notice(`history: it tells of ${filled} layers, but there are ${diffIDs} diffIDs`)
  if (config.rootfs === noLayers && layers.length > 0)
    throw new WindlassError(
      'UNSUPPORTED',
      `${subject.reference ?? 'This'} is not a container image: its config has no rootfs, so nothing tells what its layers are`,
      { ...subject, hint: 'If it is an artifact, fetch it with the tool that made it, or with oras.' },
    )
  if (diffIDs !== layers.length)
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `the config${of} has ${diffIDs} diffIDs for the ${layers.length} layers of the manifest`,
      subject,
    )
}

/** The platform that a config says its image is for. */
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
