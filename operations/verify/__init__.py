"""What only a real account can show: the claims about AWS that no test here holds."""
