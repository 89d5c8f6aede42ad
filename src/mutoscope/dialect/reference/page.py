def policy():
    return ""


def render(d):
    return ""
