/** Lists of images to sync: their formats, and the tags that they select. */
export { type ParseSyncListOptions, parseSyncList } from './parse-list.js'
export type { TemplateValues } from './list-templates.js'
export { type SyncRepository, imageIn, parseRepository, tagsOfNames } from './repository-name.js'
export { type SelectTagsOptions, selectTags } from './select-tags.js'
export type {
  ImagePair,
  ImagesEntry,
  RepositoryEntry,
  SyncEntry,
  SyncEntrySettings,
  SyncHost,
  SyncList,
  TagFilter,
} from './sync-list.js'
