/* Empty: a guest prints nothing. For C code of other packages that includes the header without need. */
