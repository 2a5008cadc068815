-- Write the parts with deleted rows anew, in the background: then the rows are off the disk.
ALTER TABLE signals${local} APPLY DELETED MASK SETTINGS mutations_sync = 0
