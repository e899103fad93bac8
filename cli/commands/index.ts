/** Lists the commands in the order of the help. The module of a command is loaded only when the command runs. */
import type { Command } from 'commander'
import type { Console } from '../terminal/terminal.js'
import type { CommandName } from './names.js'

/** Defines the arguments, options and action of `command`. */
export type Define = (command: Command, terminal: Console) => void

/** An entry of the list of commands. */
export interface CommandEntry {
  readonly name: CommandName
  /** Heading of the command in the help. */
  readonly group: string
  readonly summary: string
  readonly usage: string
  /** Whether the command has the option `--progress`. */
  readonly showsProgress?: true
  readonly load: () => Promise<Define>
}

/** Headings of the help. */
const getting = 'Get images:'
const running = 'Run images:'
const looking = 'Look at images, without pulling them:'
const access = 'Log in to registries:'
const storing = 'Manage the store:'
const serving = 'Run and steer a server:'
const trying = 'Other:'

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'pull',
    group: getting,
    summary: 'download, verify and unpack images into the store',
    usage: '[options] <image...>',
    showsProgress: true,
    load: async () => (await import('./pull.js')).definePull,
  },
  {
    name: 'copy',
    group: getting,
    summary: 'copy an image to a registry, a layout or an archive',
    usage: '[options] <from> <to>',
    showsProgress: true,
    load: async () => (await import('./copy.js')).defineCopy,
  },
  {
    name: 'sync',
    group: getting,
    summary: 'copy the images of a list between registries and layouts',
    usage: '[options] <file> [destination]',
    showsProgress: true,
    load: async () => (await import('./sync/sync.js')).defineSync,
  },
  {
    name: 'plan',
    group: getting,
    summary: 'tell what a pull would download, reuse and cost',
    usage: '[options] <image>',
    load: async () => (await import('./plan.js')).definePlan,
  },
  {
    name: 'unpack',
    group: getting,
    summary: 'unpack all layers of an image into one directory',
    usage: '[options] <image> <directory>',
    showsProgress: true,
    load: async () => (await import('./unpack.js')).defineUnpack,
  },
  {
    name: 'bundle',
    group: running,
    summary: 'make a bundle for runc or crun',
    usage: '[options] <image> <directory> [-- args...]',
    showsProgress: true,
    load: async () => (await import('./runtime/bundle.js')).defineBundle,
  },
  {
    name: 'mount',
    group: running,
    summary: 'mount an image, or list the mounts',
    usage: '[options] [image] [directory] [-- command...]',
    showsProgress: true,
    load: async () => (await import('./runtime/mount.js')).defineMount,
  },
  {
    name: 'umount',
    group: running,
    summary: 'remove mounts of images',
    usage: '[options] [directory...]',
    load: async () => (await import('./runtime/umount.js')).defineUnmount,
  },
  {
    name: 'inspect',
    group: looking,
    summary: 'show the manifest and the config of an image',
    usage: '[options] <image>',
    load: async () => (await import('./inspect.js')).defineInspect,
  },
  {
    name: 'ls',
    group: looking,
    summary: 'list the files of an image',
    usage: '[options] <image> [path]',
    load: async () => (await import('./ls.js')).defineList,
  },
  {
    name: 'cat',
    group: looking,
    summary: 'write a file of an image to stdout',
    usage: '[options] <image> <path>',
    load: async () => (await import('./cat.js')).defineCat,
  },
  {
    name: 'history',
    group: looking,
    summary: 'list the steps of the build of an image',
    usage: '[options] <image>',
    load: async () => (await import('./store/history.js')).defineHistory,
  },
  {
    name: 'tags',
    group: looking,
    summary: 'list the tags of a repository',
    usage: '[options] <repository>',
    load: async () => (await import('./tags.js')).defineTags,
  },
  {
    name: 'referrers',
    group: looking,
    summary: 'list signatures, SBOMs and attestations of an image',
    usage: '[options] <image>',
    load: async () => (await import('./trust/referrers.js')).defineReferrers,
  },
  {
    name: 'policy',
    group: looking,
    summary: 'say whether a policy accepts an image, and why',
    usage: 'check [options] <image>',
    load: async () => (await import('./trust/policy.js')).definePolicy,
  },
  {
    name: 'login',
    group: access,
    summary: 'check a login with a registry and save it',
    usage: '[options] [registry]',
    load: async () => (await import('./access/login.js')).defineLogin,
  },
  {
    name: 'logout',
    group: access,
    summary: 'remove the login for a registry',
    usage: '[options] [registry]',
    load: async () => (await import('./access/logout.js')).defineLogout,
  },
  {
    name: 'images',
    group: storing,
    summary: 'list the images in the store',
    usage: '[options]',
    load: async () => (await import('./images.js')).defineImages,
  },
  {
    name: 'export',
    group: storing,
    summary: 'write images of the store to one archive',
    usage: '[options] <image...>',
    load: async () => (await import('./archives/export.js')).defineExport,
  },
  {
    name: 'import',
    group: storing,
    summary: 'read an archive of images into the store',
    usage: '[options] [file]',
    showsProgress: true,
    load: async () => (await import('./archives/import.js')).defineImport,
  },
  {
    name: 'tag',
    group: storing,
    summary: 'give an image of the store another name',
    usage: '[options] <image> <name>',
    load: async () => (await import('./store/tag.js')).defineTag,
  },
  {
    name: 'rm',
    group: storing,
    summary: 'remove names of images from the store',
    usage: '[options] <image...>',
    load: async () => (await import('./rm.js')).defineRemove,
  },
  {
    name: 'gc',
    group: storing,
    summary: 'remove what no name and no running pull needs',
    usage: '[options]',
    load: async () => (await import('./gc.js')).defineCollect,
  },
  {
    name: 'lease',
    group: storing,
    summary: 'protect images from gc for a time',
    usage: 'add|ls|rm [options]',
    load: async () => (await import('./store/lease.js')).defineLease,
  },
  {
    name: 'du',
    group: storing,
    summary: 'say what takes the space of the store',
    usage: '[options]',
    load: async () => (await import('./store/du.js')).defineUsage,
  },
  {
    name: 'verify',
    group: storing,
    summary: 'verify every byte of the store, and repair it',
    usage: '[options]',
    load: async () => (await import('./verify.js')).defineVerify,
  },
  {
    name: 'serve',
    group: serving,
    summary: 'run a server over the store, with a page and an API',
    usage: '[options]',
    load: async () => (await import('./serve.js')).defineServe,
  },
  {
    name: 'ps',
    group: serving,
    summary: 'list the pulls of a server',
    usage: '[options]',
    load: async () => (await import('./ps.js')).definePulls,
  },
  {
    name: 'watch',
    group: serving,
    summary: 'show the progress of a pull of a server, or of all',
    usage: '[options] [id]',
    showsProgress: true,
    load: async () => (await import('./watch.js')).defineWatch,
  },
  {
    name: 'pause',
    group: serving,
    summary: 'pause pulls of a server',
    usage: '[options] <id...>',
    load: async () => (await import('./steer.js')).definePause,
  },
  {
    name: 'resume',
    group: serving,
    summary: 'resume pulls, or start ended ones again',
    usage: '[options] <id...>',
    load: async () => (await import('./steer.js')).defineResume,
  },
  {
    name: 'cancel',
    group: serving,
    summary: 'cancel pulls; what they received is kept',
    usage: '[options] <id...>',
    load: async () => (await import('./steer.js')).defineCancel,
  },
  {
    name: 'limit',
    group: serving,
    summary: 'print or change the limits of a server',
    usage: '[options]',
    load: async () => (await import('./limit.js')).defineLimit,
  },
  {
    name: 'bench',
    group: trying,
    summary: 'find the best numbers of concurrent downloads and unpacks',
    usage: '[options] <image>',
    load: async () => (await import('./bench.js')).defineBench,
  },
  {
    name: 'demo',
    group: trying,
    summary: 'pull a small image, without a network',
    usage: '[options]',
    showsProgress: true,
    load: async () => (await import('./demo.js')).defineDemo,
  },
  {
    name: 'doctor',
    group: trying,
    summary: 'find out why pulls fail or are slow on this machine',
    usage: '[options] [target...]',
    load: async () => (await import('./environment/doctor.js')).defineDoctor,
  },
  {
    name: 'version',
    group: trying,
    summary: 'print the versions of Windlass and of what it uses',
    usage: '[options]',
    load: async () => (await import('./environment/version.js')).defineVersion,
  },
  {
    name: 'completion',
    group: trying,
    summary: 'print the completion script for a shell',
    usage: '[options] <shell>',
    load: async () => (await import('./environment/completion.js')).defineCompletion,
  },
]
