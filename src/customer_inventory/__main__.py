"""`python -m customer_inventory`: the command line."""

from customer_inventory.cli import main

if __name__ == "__main__":
    main()
