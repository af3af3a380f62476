#!/bin/sh
':' /*; exec env PATH="$(dirname "$(readlink -f "$0")")/../node_modules/.bin:$PATH" zx "$(readlink -f "$0")" "$@" #*/
import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { beginWithoutBackup, openArchive } from '../lib/parts/begin.ts'
import { restoreElsewhere, restoreInPlace, undoRestore } from '../lib/parts/replace-site.ts'
import { recoverTask } from '../lib/program/tasks.ts'
import {
  choosePoint,
  chooseSite,
  listPoints,
  wantsArchive,
  wantsElsewhere,
  wantsInPlace,
  wantsList,
  wantsRestore,
  wantsUndo,
} from '../lib/steps/recover.ts'
import { decideRoles } from '../lib/steps/sites.ts'
import { status } from '../lib/steps/status.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const recover = recipe<StartOf<typeof recoverTask>>()
  .use(beginWithoutBackup)
  .only('Undo', wantsUndo, undo => undo.use(undoRestore))
  .only('Recover', wantsArchive, archived => archived
    .use(openArchive)
    .do(decideRoles).do(chooseSite)
    .do(status)
    .only('List', wantsList, list => list.do(listPoints))
    .only('Restore', wantsRestore, restore => restore
      .do(choosePoint)
      .only('Elsewhere', wantsElsewhere, elsewhere => elsewhere.use(restoreElsewhere))
      .only('In place', wantsInPlace, site => site.use(restoreInPlace))))

await main(recoverTask, recover)
