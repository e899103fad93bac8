/**
 * Writes the API pages: every public name of every entry point, out of the types and their docstrings.
 *
 *     npm run table -- api [DIRECTORY]
 *
 * DIRECTORY is `.cache/api` by default; open its `index.html`. A warning is an error: a public name without a docstring, a
 * link that leads nowhere, a type that a public name uses and that is neither exported nor listed below.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = path.resolve(process.argv[2] ?? path.join(root, '.cache/api'))
process.chdir(root)

/** The entry points. Each names its module by `@module`. */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
const entryPoints = Object.values(exports)
  .filter((target) => typeof target === 'object')
  .map(({ types }) => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts'))

/** Types that public names use, and that programs get from them but never have to name. */
const unnamed = {
  ofCodecs: [
    'RecordOf',
    'DigestBrand',
    'layer',
    'envelope',
    'copyResult',
    'imageResult',
    'plannedLayer',
    'body',
    'request',
    'state',
  ],
  ofFlow: ['Open', 'PickNext', 'OutputOf', 'BehaviorResult', 'NamedWork'],
  ofEntries: ['TarEntry', 'EntryType'],
  ofThreads: ['CheckResult', 'CheckTask', 'Expectations', 'Growth', 'Owner', 'FlattenResult', 'FlattenTask'],
  ofStore: [
    ...['BlobStore', 'Garbage', 'LayerStore', 'NameStore', 'PartialStore', 'StoreContents', 'StoreOwner'],
    ...['LayoutFault', 'PartialDownload', 'StagedLayer', 'StoredLayer', 'UnfinishedTree'],
    ...['MountRecords', 'LeaseStore'],
  ],
  ofRegistry: ['Credential', 'Credentials', 'Repository', 'RepositorySource', 'TargetRepository'],
  ofServers: ['ArchivedImage', 'RegistryOptions'],
  ofArchives: ['ArchivedEntry', 'LayoutFiles', 'OpenedBlob'],
  ofDocuments: [
    ...['CheckableImage', 'CommonFields', 'ManifestDocument'],
    ...['Schema1Conversion', 'Schema1Image', 'Schema1Manifest', 'Schema1Signed', 'SignatureReport'],
  ],
  ofTransfers: ['FetchLayer', 'PlaceList', 'ReceivingLayer', 'RetryCountdown'],
  ofRuntime: ['RuntimeOperations', 'StoreTasks', 'SyncOperations'],
  ofErrors: ['CodeProperties'],
  ofTesting: ['Census'],
}

const app = await Application.bootstrap({
  entryPoints,
  tsconfig: 'tsconfig.build.json',
  out,
  name: 'Windlass',
  readme: 'README.md',
  projectDocuments: ['docs/guide/*.md'],
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  hideGenerator: true,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notDocumented: true,
  },
  requiredToBeDocumented: [
    'Class',
    'Interface',
    'Function',
    'TypeAlias',
    'Variable',
    'Enum',
    'Method',
    'Accessor',
  ],
  intentionallyNotExported: Object.values(unnamed).flat(),
})
const project = await app.convert()
if (project) {
  app.validate(project)
  if (!app.logger.hasErrors() && !app.logger.hasWarnings()) await app.generateOutputs(project)
}
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1
