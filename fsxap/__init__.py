"""Audit and process files on Amazon FSx for NetApp ONTAP."""

__version__ = "0.1.0"
