/** The options of bundles and mounts. */
import { type MountMethod, mountMethods } from '../../lib/store/index.js'
import * as codecs from '../options/option-codecs.js'
import { type OptionTable, unpackTable } from '../options/option-table.js'
import type { PullOptions } from '../options/options.js'
import type { Pull } from '../pull-run.js'

export { mountMethods }

/** Options of `bundle`. */
export interface BundleOptions extends Omit<PullOptions, 'rootfs' | 'onEntry' | 'plan'> {
  /** Replaces the command of the image. The entrypoint stays. */
  readonly args?: readonly string[]
  /** User of the process: `user`, `uid`, `user:group`, `uid:gid` (that of the image). */
  readonly user?: string
  /** Host name of the container (`windlass`). */
  readonly hostname?: string
  /** Whether the process has a terminal (false). */
  readonly tty?: boolean
  /** Whether the user of this process is to start the container, as root of a user namespace (false). */
  readonly rootless?: boolean
  /**
   * Whether `rootfs` is a writable mount of the layers instead of a copy (false). Remove it with `unmount`, given the path of
   * `rootfs`.
   */
  readonly mount?: boolean
}

/** Options of `mount`. */
export interface MountOptions extends Omit<PullOptions, 'rootfs' | 'onEntry' | 'plan' | 'unpack'> {
  /** Whether the tree can be written to (false). The store does not change. */
  readonly writable?: boolean
  /** Directory that keeps what is written when the mount is removed, and that later mounts can use. Implies `writable`. */
  readonly changes?: string
  /** How the tree is made (the first of `overlay`, `reflink`, `link` and `copy` that is possible). */
  readonly method?: MountMethod
  /** Receives the pull of the image when it starts. */
  readonly onPull?: (pull: Pull) => void
}

const { unpack, ...pullOptions } = unpackTable

/** Options of `bundle`. */
export const bundleTable = {
  ...{ ...pullOptions, unpack },
  args: { codec: codecs.texts },
  user: {
    codec: codecs.anyText,
    help: 'user of the process: user, uid, user:group (default: that of the image)',
  },
  hostname: { codec: codecs.text, help: 'host name of the container', default: 'windlass' },
  tty: { codec: codecs.trueOrFalse, help: 'give the process a terminal', default: false },
  rootless: {
    codec: codecs.trueOrFalse,
    help: 'for a container of this user, in a user namespace and without control groups',
    default: false,
  },
  mount: {
    codec: codecs.trueOrFalse,
    help: 'mount the layers instead of copying the tree; “windlass umount DIR/rootfs” removes the mount',
    default: false,
  },
} satisfies OptionTable<BundleOptions>

/** Options of `mount`. */
export const mountTable = {
  ...pullOptions,
  writable: { codec: codecs.trueOrFalse, help: 'make the tree writable', default: false },
  changes: { codec: codecs.path, help: 'directory that keeps what is written; implies --rw' },
  method: {
    codec: codecs.oneOf(...mountMethods),
    help: 'how to make the tree (default: the first that is possible)',
  },
  onPull: { codec: codecs.functionOf<NonNullable<MountOptions['onPull']>>() },
} satisfies OptionTable<MountOptions>
