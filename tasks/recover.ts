#!/bin/sh
':' /*; exec env PATH="$(dirname "$(readlink -f "$0")")/../node_modules/.bin:$PATH" zx "$(readlink -f "$0")" "$@" #*/
import { recipe } from '../lib/engine/recipe.ts'
import { main, type Start } from '../lib/main.ts'
import { recoverTask } from '../lib/program/tasks.ts'
import { checkMount } from '../lib/steps/check-mount.ts'
import { checkDecryption } from '../lib/steps/encryption.ts'
import { lockAndKeepTrace } from '../lib/steps/lock.ts'
import { archiveMount } from '../lib/steps/mount.ts'
import { askAfter, askBefore } from '../lib/steps/restore/ask-site.ts'
import { chooseLocalSite, choosePoint, chooseSite, listPoints } from '../lib/steps/restore/choose.ts'
import { confirm } from '../lib/steps/restore/confirm.ts'
import { checkElsewhere, restoreElsewhere } from '../lib/steps/restore/elsewhere.ts'
import { checkFiles, restoreFiles } from '../lib/steps/restore/files.ts'
import { lookForRoom, lookForRoomElsewhere } from '../lib/steps/restore/look-for-room.ts'
import { settleMarkers } from '../lib/steps/restore/markers.ts'
import { mendRestores } from '../lib/steps/restore/mend.ts'
import { putLive } from '../lib/steps/restore/put-live.ts'
import {
  type Recovery,
  wantsArchive,
  wantsElsewhere,
  wantsInPlace,
  wantsList,
  wantsRestore,
  wantsUndo,
} from '../lib/steps/restore/recovery.ts'
import { refuseMounts } from '../lib/steps/restore/refuse-mounts.ts'
import { checkShadow, hasDatabase, importShadow } from '../lib/steps/restore/shadow.ts'
import { commit, restoreTransaction } from '../lib/steps/restore/transaction.ts'
import { chooseKept, swapBack, undoTransaction } from '../lib/steps/restore/undo.ts'
import { decideRoles } from '../lib/steps/roles.ts'
import { findSites } from '../lib/steps/sites.ts'
import { status } from '../lib/steps/status.ts'
import { vpn } from '../lib/steps/vpn.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const recover = recipe<Start & { recovery: Recovery }>()
  .hold(lockAndKeepTrace)
  .do(mendRestores)
  .do(findSites)
  .only('Undo', wantsUndo, undo => undo
    .do(chooseLocalSite).do(chooseKept).do(confirm)
    .hold(undoTransaction)
    .do(askBefore).do(swapBack).do(askAfter)
    .do(commit))
  .only('Recover', wantsArchive, archived => archived
    .hold(vpn)
    .hold(archiveMount)
    .do(checkMount)
    .do(decideRoles).do(chooseSite)
    .do(status)
    .only('List', wantsList, list => list.do(listPoints))
    .only('Restore', wantsRestore, restore => restore
      .do(choosePoint).do(checkDecryption)
      .only('Elsewhere', wantsElsewhere, elsewhere => elsewhere
        .do(checkElsewhere).do(lookForRoomElsewhere).do(restoreElsewhere))
      .only('In place', wantsInPlace, site => site
        .do(refuseMounts).do(lookForRoom('recover')).do(confirm)
        .hold(restoreTransaction('recover'))
        .do(restoreFiles).do(checkFiles).do(settleMarkers)
        .only('Database', hasDatabase, database => database.do(importShadow).do(checkShadow))
        .use(putLive))))

await main(recoverTask, recover)
