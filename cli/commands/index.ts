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
    summary: 'fetch images into the store: verified, unpacked, committed',
    usage: '[options] <image...>',
    showsProgress: true,
    load: async () => (await import('./pull.js')).definePull,
  },
  {
    name: 'copy',
    summary: 'copy an image to another registry or to a layout, keeping nothing here',
    usage: '[options] <from> <to>',
    showsProgress: true,
    load: async () => (await import('./copy.js')).defineCopy,
  },
  {
    name: 'inspect',
    summary: 'show the manifest and the config of an image, fetching no layer',
    usage: '[options] <image>',
    load: async () => (await import('./inspect.js')).defineInspect,
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
    summary: 'take names away from images in the store',
    usage: '[options] <image...>',
    load: async () => (await import('./rm.js')).defineRemove,
  },
  {
    name: 'gc',
    summary: 'remove from the store what no name and no running pull needs',
    usage: '[options]',
    load: async () => (await import('./gc.js')).defineCollect,
  },
  {
    name: 'verify',
    summary: 'check every byte of the store, and repair what is damaged',
    usage: '[options]',
    load: async () => (await import('./verify.js')).defineVerify,
  },
  {
    name: 'unpack',
    summary: 'put the layers of an image together in one directory',
    usage: '[options] <image> <directory>',
    showsProgress: true,
    load: async () => (await import('./unpack.js')).defineUnpack,
  },
  {
    name: 'demo',
    summary: 'pull a small image from an embedded registry, with no network',
    usage: '[options]',
    showsProgress: true,
    load: async () => (await import('./demo.js')).defineDemo,
  },
]
