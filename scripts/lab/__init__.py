"""The lab: clips of a rendered face that moves at exactly known times."""
