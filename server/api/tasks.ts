/** Answers requests about operations on the store that take a while: `/tasks`. */
import type { StoreJobs } from '../jobs/store-jobs.js'
import type { Handlers } from './handlers.js'

export function taskHandlers(jobs: StoreJobs): Pick<Handlers, 'listTasks' | 'startTask' | 'getTask'> {
  return {
    listTasks: () => jobs.records,
    startTask: ({ body }) => jobs.start(body.kind),
    getTask: ({ params }) => jobs.get(params.id),
  }
}
