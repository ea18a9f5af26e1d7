print("weirloom")
