"""From an archive, wherever it lies, to the files of the scenes that are wanted.

`sources` opens an archive at an address (`ftp` one of an FTP server), `steady` reads on when the
connection does not, `members` takes a tar apart, `unpacking` puts wanted files in place,
`selection` says which those are.
"""
