/** Loads a directory into a modelled disk. All of it is durable. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DirectoryNode, Disk, type DiskNode, Entry, FileNode, OtherNode } from './disk.js'

/** Maximum size of a document in bytes. The content of larger files is not loaded. */
const maxDocumentBytes = 64 * 1024

export function loadDisk(directory: string): Disk {
  const disk = new Disk()
  fill(disk.root, directory)
  return disk
}

function fill(node: DirectoryNode, directory: string): void {
  for (const name of readdirSync(directory, 'latin1'))
    node.entries.set(name, new Entry(load(join(directory, name))))
}

function load(path: string): DiskNode {
  const stats = lstatSync(path)
  if (stats.isDirectory()) {
    const node = new DirectoryNode()
    fill(node, path)
    return node
  }
  if (!stats.isFile()) return new OtherNode()
  const node = new FileNode()
  node.content = stats.size <= maxDocumentBytes ? readFileSync(path, 'latin1') : undefined
  return node
}
