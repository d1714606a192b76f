"""The fourth version of the TM Forum Open APIs: what it says otherwise than the fifth, one file an API."""
