/** Converts the config of an image to the config of a container (image-spec, conversion.md). */
import { WindlassError } from '../../errors.js'
import type { ImageConfig } from '../../image/index.js'
import {
  defaultCapabilities,
  defaultMounts,
  defaultPath,
  maskedPaths,
  readonlyPaths,
  rootlessNamespaces,
  rootNamespaces,
} from './container-defaults.js'
import { imageAnnotations } from './image-annotations.js'
import { type ProcessUser, resolveUser } from './process-user.js'
import { readRootfsFile, rootfsDirectory } from './rootfs-file.js'
import { type RuntimeMount, type RuntimeSpec, runtimeSpecVersion } from './runtime-spec.js'
import { parseGroup, parsePasswd } from './user-database.js'

/** What a container is to be, besides what its image says. */
export interface ContainerOptions {
  /** Arguments of the entrypoint, or the command if the image has no entrypoint. Default: the command of the image. */
  readonly args?: readonly string[]
  /** User of the process, as in an image config: `user`, `uid`, `user:group`. Default: that of the image. */
  readonly user?: string
  /** Host name of the container (default: `windlass`). */
  readonly hostname?: string
  /** Whether the process has a terminal (default false). */
  readonly tty?: boolean
  /**
   * Whether the container is for an ordinary user: with a user namespace in which that user is root, and without control
   * groups.
   */
  readonly rootless?: { readonly uid: number; readonly gid: number }
  /** Receives what could not be converted. */
  readonly onWarning?: (code: string, message: string) => void
}

/**
 * Returns the config of a container. Settings for seccomp are left to the runtime.
 * @param image the config of the image
 * @param rootfs path of the flattened tree of the image, with its user and group databases
 * @throws WindlassError USAGE for an image without a command; CONFIG_INVALID for an unknown user; the errors of reading
 * the databases
 */
export function makeRuntimeSpec(
  image: ImageConfig,
  rootfs: string,
  options: ContainerOptions = {},
): RuntimeSpec {
  const { tty = false, hostname = 'windlass', rootless } = options
  const { config = {} } = image
  const database = {
    users: parsePasswd(readRootfsFile(rootfs, '/etc/passwd') ?? ''),
    groups: parseGroup(readRootfsFile(rootfs, '/etc/group') ?? ''),
  }
  const resolved = resolveUser(options.user ?? config.User ?? '', database)
  const user = rootless ? mappedUser(resolved, options) : resolved
  const { uid, gid, additionalGids } = user
  return {
    ociVersion: runtimeSpecVersion,
    process: {
      terminal: tty,
      user: { uid, gid, ...(additionalGids.length > 0 && { additionalGids: [...additionalGids] }) },
      args: argumentsOf(image, options.args),
      env: environmentOf(config.Env ?? [], resolved.home, tty),
      cwd: absolutePath(config.WorkingDir ?? ''),
      capabilities: {
        bounding: [...defaultCapabilities],
        effective: [...defaultCapabilities],
        permitted: [...defaultCapabilities],
      },
      noNewPrivileges: true,
    },
    root: { path: 'rootfs' },
    hostname,
    mounts: [
      ...defaultMounts(rootless !== undefined),
      ...volumeMounts(Object.keys(config.Volumes ?? {}), rootfs, rootless === undefined),
    ],
    annotations: imageAnnotations(image),
    linux: {
      namespaces: (rootless ? rootlessNamespaces : rootNamespaces).map((type) => ({ type })),
      ...(rootless
        ? {
            uidMappings: [{ containerID: 0, hostID: rootless.uid, size: 1 }],
            gidMappings: [{ containerID: 0, hostID: rootless.gid, size: 1 }],
          }
        : { resources: { devices: [{ allow: false, access: 'rwm' }] } }),
      maskedPaths: [...maskedPaths],
      readonlyPaths: [...readonlyPaths],
    },
  }
}

/** Returns root, the only user whom a user namespace with one id can have. Warns if the process was to be another. */
function mappedUser(user: ProcessUser, { onWarning }: ContainerOptions): ProcessUser {
  const { uid, gid, additionalGids } = user
  if (uid !== 0 || gid !== 0 || additionalGids.some((id) => id !== 0))
    onWarning?.(
      'USER_UNMAPPED',
      `The process runs as root of its user namespace instead of as ${uid}:${gid}: an ordinary user has only one id to map, its own`,
    )
  return { ...user, uid: 0, gid: 0, additionalGids: [] }
}

function argumentsOf({ config = {} }: ImageConfig, args: readonly string[] | undefined): string[] {
  const all = [...(config.Entrypoint ?? []), ...(args ?? config.Cmd ?? [])]
  if (all.length > 0) return all
  throw new WindlassError('USAGE', 'The image has neither an entrypoint nor a command', {
    hint: 'State a command after --, for example “-- /bin/sh”.',
  })
}

/** Adds what Docker adds: a search path, the home directory and, with a terminal, its type. */
function environmentOf(env: readonly string[], home: string, tty: boolean): string[] {
  const isSet = (name: string): boolean => env.some((each) => each.startsWith(`${name}=`))
  return [
    ...(isSet('PATH') ? [] : [defaultPath]),
    ...(!tty || isSet('TERM') ? [] : ['TERM=xterm']),
    ...(isSet('HOME') ? [] : [`HOME=${home}`]),
    ...env,
  ]
}

const absolutePath = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

/**
 * Returns a mount in memory for each volume that is empty or missing in the image, with the mode and the owner of its
 * directory. A volume with content has none, so that the process sees the content.
 */
function volumeMounts(volumes: readonly string[], rootfs: string, withOwner: boolean): RuntimeMount[] {
  return volumes.map(absolutePath).flatMap((destination) => {
    const found = rootfsDirectory(rootfs, destination)
    if (destination === '/' || found?.empty === false) return []
    const { mode, uid, gid } = found?.stats ?? { mode: 0o755, uid: 0, gid: 0 }
    const owner = withOwner && (uid !== 0 || gid !== 0) ? [`uid=${uid}`, `gid=${gid}`] : []
    const bits = (mode & 0o1777).toString(8).padStart(3, '0')
    const options = ['rw', 'nosuid', 'nodev', 'noexec', 'relatime', `mode=${bits}`, ...owner]
    return [{ destination, type: 'tmpfs', source: 'tmpfs', options }]
  })
}
