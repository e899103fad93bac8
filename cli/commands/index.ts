/** Lists the commands in the order of the help. The module of a command is loaded only when the command runs. */
import type { Command } from 'commander'
import type { Console } from '../terminal/terminal.js'
import type { CommandName } from './names.js'

/** Defines the arguments, options and action of `command`. */
export type Define = (command: Command, terminal: Console) => void

/** An entry of the list of commands. */
export interface CommandEntry {
  readonly name: CommandName
  readonly summary: string
  readonly usage: string
  /** Whether the command has the option `--progress`. */
  readonly showsProgress?: true
  readonly load: () => Promise<Define>
}

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'pull',
    summary: 'pull images into the store: download, verify and unpack them',
    usage: '[options] <image...>',
    showsProgress: true,
    load: async () => (await import('./pull.js')).definePull,
  },
  {
    name: 'copy',
    summary: 'copy an image to a registry or an OCI layout, without the store',
    usage: '[options] <from> <to>',
    showsProgress: true,
    load: async () => (await import('./copy.js')).defineCopy,
  },
  {
    name: 'plan',
    summary: 'tell what a pull would download, reuse and cost',
    usage: '[options] <image>',
    load: async () => (await import('./plan.js')).definePlan,
  },
  {
    name: 'inspect',
    summary: 'show the manifest and config of an image, without downloading layers',
    usage: '[options] <image>',
    load: async () => (await import('./inspect.js')).defineInspect,
  },
  {
    name: 'ls',
    summary: 'list the files of an image, without pulling it',
    usage: '[options] <image> [path]',
    load: async () => (await import('./ls.js')).defineList,
  },
  {
    name: 'cat',
    summary: 'write a file of an image to stdout, without pulling the image',
    usage: '[options] <image> <path>',
    load: async () => (await import('./cat.js')).defineCat,
  },
  {
    name: 'tags',
    summary: 'list the tags of a repository',
    usage: '[options] <repository>',
    load: async () => (await import('./tags.js')).defineTags,
  },
  {
    name: 'images',
    summary: 'list the images in the store',
    usage: '[options]',
    load: async () => (await import('./images.js')).defineImages,
  },
  {
    name: 'rm',
    summary: 'remove names of images from the store',
    usage: '[options] <image...>',
    load: async () => (await import('./rm.js')).defineRemove,
  },
  {
    name: 'gc',
    summary: 'remove content from the store that no name and no running pull needs',
    usage: '[options]',
    load: async () => (await import('./gc.js')).defineCollect,
  },
  {
    name: 'verify',
    summary: 'verify every byte of the store, and repair damage with --repair',
    usage: '[options]',
    load: async () => (await import('./verify.js')).defineVerify,
  },
  {
    name: 'unpack',
    summary: 'unpack all layers of an image into one directory',
    usage: '[options] <image> <directory>',
    showsProgress: true,
    load: async () => (await import('./unpack.js')).defineUnpack,
  },
  {
    name: 'serve',
    summary: 'run a server over the store: a page and an API to start, watch and steer pulls',
    usage: '[options]',
    load: async () => (await import('./serve.js')).defineServe,
  },
  {
    name: 'bench',
    summary: 'find the best numbers of concurrent downloads and unpacks for an image',
    usage: '[options] <image>',
    load: async () => (await import('./bench.js')).defineBench,
  },
  {
    name: 'demo',
    summary: 'pull a small image from an embedded registry, without a network',
    usage: '[options]',
    showsProgress: true,
    load: async () => (await import('./demo.js')).defineDemo,
  },
]
