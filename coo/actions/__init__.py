"""What coo does about a failure: the facts it asks for, the guards over them, and the actions themselves."""
