#!/usr/bin/python3
"""exchange-folder.py UID FOLDER A B: as this user, exchanges two names in a folder over and over, until its standard input ends; then it prints how often."""
import ctypes
import os
import random
import select
import sys

RENAME_EXCHANGE = 2
HERE = -100

uid, folder, *names = sys.argv[1:]
os.chdir(folder)
os.setgroups([])
os.setgid(int(uid))
os.setuid(int(uid))
libc = ctypes.CDLL(None, use_errno=True)
one, other = (name.encode() for name in names)
count = 0
print('ready', flush=True)
while not select.select([0], [], [], random.random() / 2000)[0]:
    if libc.renameat2(HERE, one, HERE, other, RENAME_EXCHANGE) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    count += 1
print(count)
