-- Write the parts with deleted rows anew, in the background: then the rows are off the disk.
ALTER TABLE program_pages${local} APPLY DELETED MASK SETTINGS mutations_sync = 0
